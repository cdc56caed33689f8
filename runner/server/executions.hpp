// SPDX-License-Identifier: Apache-2.0
//
// Runs as the API shows them (rest-api §8), each for its reader: what a reader may not know of an integration is in
// none of it. Blocks (store); one call, one thread.
#pragma once

#include "runner/run/service.hpp"
#include "runner/server/call.hpp"

#include <map>
#include <vector>

namespace latchkey::server {

// How far an action has come, over all attempts.
struct action_state {
    run::status status = run::status::initial;
    int attempt = 0;  // that has it last; 0: none has
    std::optional<policy::time_point> started;
    std::optional<policy::time_point> ended;
    std::string error;
};

struct viewed_execution {
    run::viewed_run what;
    std::vector<action_state> actions;          // by their place in the plan
    std::string denial;                         // in the reader's words; empty: it lacks nothing
    std::vector<run::open_question> questions;  // that the reader may answer
};

// The run that the address names, of the pipeline that it names.
result<store::run_record> execution_at(const call&);
result<viewed_execution> look_at(const call&, const store::run_record&);
result<viewed_execution> look_at(const call&, const store::run_record&, run::viewed_run);

// 24 hex digits that name one action of one attempt, and back.
std::string action_execution_id(policy::run_id, int attempt, std::size_t action);
struct action_place {
    int attempt = 0;
    std::size_t action = 0;
};
// None: it is of another run, or of an attempt that there is not.
std::optional<action_place> action_place_from(const store::run_record&, std::string_view id);

std::string execution_url(const call&, const store::run_record&);
json view(const call&, const store::run_record&, const viewed_execution* = nullptr);
// What a person is asked for: values, or nothing but an approval.
json view_of_variables(const run::question&);
json view_of_attempt(const call&, const store::attempt_record&);
json view_of_action(const call&, const store::run_record&, const viewed_execution&, std::size_t action, bool full);

// The integrations that the attempt lacked, those that nobody has left out.
result<std::vector<policy::integration_id>> lacked_by(const call&, const store::run_record&,
                                                      const store::attempt_record&);

// What the attempt lacked, in the words for this reader; empty: it lacked nothing.
result<std::string> denial_for(const call&, const store::run_record&, const store::attempt_record&);

}  // namespace latchkey::server
