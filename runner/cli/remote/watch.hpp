// SPDX-License-Identifier: Apache-2.0
//
// Follows an attempt of a run on the server until it has ended, on the console that local runs have. Ctrl-C cancels
// the run, as it does here; a second one leaves it to itself. One thread; blocks.
#pragma once

#include "runner/cli/remote/place.hpp"
#include "runner/run/service.hpp"

namespace latchkey::cli::remote {

struct watched {
    int code = exit_success;
    std::string path;  // of the execution
    run::finished_attempt finished;
    bool may_grant_and_retry = false;
};

struct watch_settings {
    bool json = false;
    bool output = false;
    std::string junit = {};  // the file to write the attempt to, as a report
};

result<watched> watch(place&, const json& execution, int attempt, const watch_settings&);

// Grants what an execution lacks, all or nothing, and retries it. `ended`: nothing was granted.
struct grant_request {
    std::string ref;
    std::string expires;
    bool once = false;
    json scope = json::object();  // what to execute again: `from`, `only` or `all`
};
struct grant_outcome {
    json execution;  // null: nothing was granted
    int attempt = 0;
    std::string report;
    json missing;
};
result<grant_outcome> grant_and_retry(place&, const std::string& execution_path, const grant_request&);

}  // namespace latchkey::cli::remote
