// SPDX-License-Identifier: Apache-2.0
//
// Actions of the flow family (pipeline-yaml §6), which no process performs: what they ask of people, what an answer
// has to be, and what another pipeline is started with. Pure, no thread rule.
#pragma once

#include "pipelines/model.hpp"
#include "pipelines/variables.hpp"
#include "runner/error.hpp"
#include "runner/store/store.hpp"
#include "runner/vault/secret.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::run {

bool is_flow(const pipelines::action&);
// Whether not everybody who may run the pipeline can let the run past it: who chooses actions can't choose it away.
bool is_approval(const pipelines::action&);

struct asked_variable {
    std::string name;
    std::vector<std::string> choices;  // more than one: no other value will do
    std::string suggestion;            // what an empty answer means
    bool secret = false;
};

// What an action waits for: an approval, or values.
struct question {
    std::string action;  // as a person reads it
    std::string comment;
    std::vector<asked_variable> variables;  // none: an approval
    bool not_by_who_started_it = false;
};

// Of WAIT_FOR_APPLY, WAIT_FOR_VARIABLES and SET_VARIABLES. usage: it asks for nothing that can be answered.
result<question> question_of(const pipelines::action&, const std::string& name, const pipelines::variable_lookup&);

// Values that the run was given at its start, where only some people may answer: they are put forward to them, and
// answer nothing. One that is no choice is left out.
void put_forward(question&, const store::facts& parameters);

struct answer {
    bool accepted = false;
    std::string by;
    store::facts variables;
    std::map<std::string, vault::secret> secrets;
};

// Fills in suggestions for what was left out. usage: a name that was not asked for, a value that is no choice, one
// that is missing.
result<void> complete(const question&, answer&);

// Whether this person may answer: the action's `permissions` where they name the person, else what they say of
// others; administrators always. `prevent_self_approval` keeps out who started the run.
bool may_answer(const pipelines::action&, const store::user_record&, bool started_it);

// What RUN_NEXT_PIPELINE starts.
struct child_request {
    std::string pipeline;
    std::string comment;
    bool wait = false;
    store::facts parameters;
    std::map<std::string, vault::secret> secrets;
};

// `any` knows secrets too: for values that the file declares encrypted. usage: a project that is not this one, a
// pipeline by number, a revision that the work tree does not have.
result<child_request> child_of(const pipelines::action&, const std::string& project,
                               const pipelines::variable_lookup& plain, const pipelines::variable_lookup& any);

// Lets a run be cancelled from another thread while it runs. Shared by who runs it and who may cancel.
class cancel_switch {
public:
    using action = std::function<void(const std::string& by_whom)>;
    void arm(action cancel) {
        const std::lock_guard lock(mutex_);
        cancel_ = std::move(cancel);
        if (by_whom_ && cancel_) cancel_(*by_whom_);
    }
    void disarm() { arm(nullptr); }
    void cancel(const std::string& by_whom) {
        const std::lock_guard lock(mutex_);
        by_whom_ = by_whom;
        if (cancel_) cancel_(by_whom);
    }

private:
    std::mutex mutex_;
    action cancel_;
    std::optional<std::string> by_whom_;
};

// How another pipeline's run ended.
struct child_end {
    bool good = false;
    std::string text;  // in one line, and the report of what it lacked below it
};

// Runs it to its end on the calling thread; `made` is told when its run is there, from that thread. The switch
// outlives the call.
using child_runner =
    std::function<child_end(child_request, const std::function<void(std::string run)>& made, cancel_switch&)>;

}  // namespace latchkey::run
