// SPDX-License-Identifier: Apache-2.0
//
// Runs, as a person asks for them: start, retry, grant and retry, cancel, and what is to be done about runs whose
// executor died. Puts store, policy, vault, backend and engine together for one attempt; the command line, and later
// the server and agents, call it. Must not know screens or arguments. Blocks while an attempt is executed, and makes
// its own loop for it: call it from a thread that may wait.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/exec/backend.hpp"
#include "runner/run/access.hpp"
#include "runner/run/definition.hpp"
#include "runner/run/flow.hpp"
#include "runner/run/journal.hpp"
#include "runner/run/missing.hpp"
#include "runner/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

namespace latchkey::run {

// What the service stands on. All of it outlives the service.
struct surroundings {
    store::store& store;
    access::unlock unlock;
    wall_clock clock;
    // `wanted`: as in store::run_source::backend.
    std::function<std::unique_ptr<exec::backend>(boost::asio::any_io_executor, const std::string& wanted)>
        make_backend;
    std::function<result<void>()> find_engine;  // engine: no container engine answers, with what was tried
    std::filesystem::path data;                 // runs/ is below
    std::vector<std::pair<std::string, std::string>> base_environment;
    std::chrono::milliseconds grace{10'000};
    std::string program;  // latchkey-native, which performs native actions
    // What the processes that the backend starts carry, and how to end those that a dead executor left.
    std::string executor_mark;
    std::function<result<void>(const std::string& executor_mark)> kill_left_by;
    std::filesystem::path own_types;  // the folder of the user's own action types
};

enum class outcome : unsigned char { succeeded, failed, denied, cancelled, invalid, skipped };

struct finished_attempt {
    run::outcome outcome = outcome::failed;
    store::run_record run;  // as it is now; of `invalid` there is none
    int attempt = 1;
    std::vector<missing_integration> missing;  // denied
    std::string report;                        // denied: the whole text; invalid: the diagnostics; skipped: why
};

struct run_options {
    int jobs = 1;
    // Values for variables that are secret, by name. Never stored.
    std::map<std::string, vault::secret> secrets;
    // Told of the plan before the first event; the source and the plan outlive the attempt.
    std::function<void(const store::run_record&, int attempt, const pipelines::plan&, const pipelines::source&)>
        on_plan;
    observer on_event;
    bool wait_for_permission = false;  // wait until somebody grants, instead of failing
    // Asked again and again while an action waits for people: what the run's own terminal says. Must not block.
    std::function<std::optional<answer>(std::uint32_t action, const question&)> answer_here;
    std::vector<policy::pipeline_id> ancestors;  // whose actions led to this run, the first of them first
    cancel_switch* off = nullptr;                // armed while it runs
};

// Which actions of an attempt are executed.
struct retry_scope {
    std::vector<bool> carried;   // by action: succeeded before, is not executed again
    std::vector<bool> left_out;  // by action: not part of this attempt
    // What the carried ones passed on, in the order they did.
    std::vector<std::pair<std::string, std::string>> passed;
    std::vector<bool> not_executed() const;
};

struct retry_request {
    std::int64_t number = 0;  // of the run, in its project
    policy::project_id project;
    policy::user_id actor;
    bool grant = false;
    store::grant_spec spec;
    std::string idempotency_key;  // with grant: the same again tells what became of the attempt that it made
    std::string from_action;      // execute from this one on; empty: from the first that did not succeed
    bool only_that_action = false;
    bool everything = false;  // execute all of it again
};

class signal_hold;

// What a definition compiles to as things stand, with what it needs to know of other runs.
result<compiled> compile_now(const surroundings&, const definition&, const store::run_source&, policy::pipeline_id,
                             policy::user_id actor, std::int64_t number);

class service {
public:
    explicit service(surroundings);

    // `invalid` where the definition has errors: nothing was written. engine: this machine can't execute it.
    result<finished_attempt> start(const definition&, store::new_run, run_options);

    // conflict: it has not ended, or what it ran can't be run again. Where it was to grant and may not: `denied`, and
    // nothing has changed. `check_source` says whether the work tree is still the one that the run had; a failure
    // stops the retry.
    using source_check = std::function<result<void>(const store::run_source&)>;
    result<finished_attempt> retry(const retry_request&, run_options, const source_check&);

    // Asks the executor to stop; what has no executor any more is recovered instead.
    result<void> cancel(const store::run_record&, policy::user_id actor);

    // Answers an action that waits; `action` is its name, empty where one waits only. conflict: nothing waits, or
    // somebody has answered; denied: this person may not; usage: the values don't fit.
    result<std::string> respond(const store::run_record&, const std::string& action, answer, policy::user_id actor);

    // Attempts whose executor died become FAILED, with the reason; returns how many.
    result<int> recover();

    std::filesystem::path logs() const;
    std::filesystem::path folder_of(policy::run_id) const;

private:
    child_end run_child(const definition& parent, const store::run_record&, const run_options&, child_request,
                        const std::function<void(std::string)>& made, cancel_switch&);
    result<finished_attempt> execute(const definition&, const store::run_record&, int attempt, run_options,
                                     const retry_scope&, const std::vector<std::string>& notes, signal_hold&);
    result<int> recover_one(const store::run_record&);
    result<std::vector<missing_integration>> missing_in(const compiled&, const definition&, const store::run_record&,
                                                        const retry_scope&);
    surroundings around_;
};

}  // namespace latchkey::run
