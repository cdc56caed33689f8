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
#include <mutex>
#include <optional>
#include <set>
#include <variant>

namespace latchkey::run {

// A variable that a pipeline's run has besides those of its file, which win over it.
struct outer_variable {
    std::string name;
    std::string value;  // empty of a secret
    bool secret = false;
    std::optional<pipelines::variable> file = std::nullopt;  // where it is one: its type, place and mode
};

// Whose run they are for.
struct outer_request {
    policy::pipeline_id pipeline;
    const store::run_source& source;
    policy::user_id actor;
    bool only_to_look = false;  // nobody gets a value: what may not be used any more is left out, and is no failure
};

// An attempt that is about to be executed.
struct attempt_place {
    const store::run_record& run;
    int attempt = 1;
    const pipelines::pipeline& pipeline;
    const std::function<void(std::string)>& tell;  // something that people should read, while it waits
};

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
    // On a server: people read of a run who may not know of all that it needs, so that no message of it names an
    // integration or who can grant it; and an attempt that nobody has begun waits for its turn, it is not lost.
    bool shared = false;
    // Told after an event of a run has become durable, on that run's loop; may be absent.
    std::function<void(policy::run_id)> on_change = nullptr;
    // Likewise of what its actions print.
    std::function<void(policy::run_id)> on_output = nullptr;
    // On a server the API keeps variables too: what they are, and the values of the secret ones, opened as an attempt
    // begins.
    std::function<result<std::vector<outer_variable>>(const outer_request&)> outer_variables = nullptr;
    std::function<result<std::map<std::string, vault::secret>>(const outer_request&)> open_outer = nullptr;
    // The SSH keys of these names (run/default_keys.hpp), for actions that log in with them; absent: there are none.
    std::function<result<std::map<std::string, vault::secret>>(policy::pipeline_id, const std::set<std::string>&)>
        open_keys = nullptr;
    // A token that says which run it is of, for this audience; absent: nobody issues any. Blocks.
    std::function<result<vault::secret>(const store::run_record&, int attempt, const std::string& audience)>
        issue_token = nullptr;
    // Where another pipeline's definition is, for a run of that parent; absent: in the file of the work tree.
    std::function<result<std::unique_ptr<definition>>(const store::pipeline_record&, const store::run_source& parent,
                                                      policy::user_id actor)>
        find_definition = nullptr;
    // Whether a run of that pipeline is executed elsewhere (exec::backend::settle), and what does it; absent: it
    // never is. Then no files are prepared here.
    std::function<bool(const store::run_source&, const pipelines::pipeline&)> goes_elsewhere = nullptr;
    std::function<std::unique_ptr<exec::backend>(boost::asio::any_io_executor, const attempt_place&)> make_elsewhere =
        nullptr;
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
    std::map<std::string, vault::secret> keys;  // as surroundings::open_keys gives them
    // Told of the plan before the first event; the source and the plan outlive the attempt.
    std::function<void(const store::run_record&, int attempt, const pipelines::plan&, const pipelines::source&)>
        on_plan;
    observer on_event;
    bool wait_for_permission = false;  // wait until somebody grants, instead of failing
    // Called where another run works in the pipeline's files, before its end is waited for; absent: that is a
    // conflict.
    std::function<void()> on_wait_for_files;
    // Asked again and again while an action waits for people: what the run's own terminal says. Must not block.
    std::function<std::optional<answer>(std::uint32_t action, const question&)> answer_here;
    std::vector<policy::pipeline_id> ancestors;  // whose actions led to this run, the first of them first
    cancel_switch* off = nullptr;                // armed while it runs
    std::function<void()> on_elsewhere;          // told once it is known that it is executed elsewhere
    bool signals = true;                         // SIGINT, SIGTERM and SIGHUP cancel it
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

// A run's definition, as it was kept, and what it compiles to for its last attempt.
struct viewed_run {
    std::unique_ptr<definition> definition;
    compiled compiled;
};

// An attempt that was made and is not executed yet, or what became of it at once: `invalid`, `denied`, or what the
// attempt came to that the same request had made before.
struct made_attempt {
    std::optional<finished_attempt> ended;
    store::run_record run;
    int attempt = 1;
    // It waited for the permission that it has now, or was made before, for the same event: it has its place already.
    bool goes_on = false;
    std::optional<viewed_run> seen;  // of a retry that was made now
};

// What an action asks of people; `action` is its place in the plan.
struct open_question {
    std::uint32_t action = 0;
    question asked;
};

class signal_hold;
struct run_files;

finished_attempt invalid_definition(const definition&, const pipelines::diagnostics&);

// What a definition compiles to as things stand, with what it needs to know of other runs.
result<compiled> compile_now(const surroundings&, const definition&, const store::run_source&, policy::pipeline_id,
                             policy::user_id actor, std::int64_t number, bool only_to_look = false);

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

    // -- the same in two steps, for runs that wait for their turn (`shared`)
    // `secrets`: the names of those that perform() will be given.
    result<made_attempt> create(const definition&, store::new_run);
    result<made_attempt> create_retry(const retry_request&, const std::map<std::string, vault::secret>& secrets);
    // Executes the open attempt of a run, which nobody has begun. conflict: it has none, or somebody else does.
    result<finished_attempt> perform(policy::run_id, run_options);
    // Ends an attempt that nobody has begun. conflict: it has begun, or ended.
    result<void> end_waiting(policy::run_id, status, const std::string& why);
    // The runs whose last attempt nobody has begun, the oldest first.
    result<std::vector<store::run_record>> waiting();

    result<viewed_run> view(const store::run_record&);
    // What the run's last attempt lacks now, in the words for `reader`. Decides nothing and records nothing.
    result<std::vector<missing_integration>> missing(const store::run_record&, policy::user_id reader);

    // Asks the executor to stop, which may be this process; what waits for its turn ends, and what has no executor
    // any more is recovered.
    result<void> cancel(const store::run_record&, policy::user_id actor);
    // Asks what this process executes to stop, one or all; false: it does not execute that one.
    bool cancel_here(policy::run_id, const std::string& by_whom);
    void cancel_all(const std::string& by_whom);

    // What its actions wait for and `reader` may answer.
    result<std::vector<open_question>> open_questions(const store::run_record&, policy::user_id reader);
    // Answers an action that waits; `action` is its name, empty where one waits only. conflict: nothing waits, or
    // somebody has answered; denied: this person may not; usage: the values don't fit.
    result<std::string> respond(const store::run_record&, const std::string& action, answer, policy::user_id actor);

    // Attempts whose executor died become FAILED, with the reason; returns how many.
    result<int> recover();

    std::filesystem::path logs() const;
    std::filesystem::path folder_of(policy::run_id) const;

private:
    result<std::unique_ptr<definition>> definition_of_child(const definition& parent, const store::pipeline_record&,
                                                            const store::run_source&, policy::user_id actor) const;
    child_end run_child(const definition& parent, const store::run_record&, const run_options&, child_request,
                        const std::function<void(std::string)>& made, cancel_switch&);
    result<finished_attempt> execute(const definition&, compiled, const store::run_record&, int attempt,
                                     std::int64_t events_before, run_options, const retry_scope&,
                                     const std::vector<std::string>& notes, signal_hold&, bool elsewhere);
    bool goes_elsewhere(const definition&, const store::run_source&) const;
    // What is known of a run before it is made; the faults of its definition, where it has any.
    result<std::optional<finished_attempt>> prepare(const definition&, store::new_run&) const;
    result<void> enqueue(made_attempt&);
    // How many events its last attempt has. conflict: it has begun or ended.
    result<std::int64_t> not_begun(const store::run_record&) const;
    result<void> end_attempt(const store::run_record&, status, const std::string& why);
    struct numbered {
        int attempt = 0;
        run::compiled compiled;  // what the definition compiles to for it
        bool repeated = false;   // the same request had made it before
    };
    using refused_or_made = std::variant<finished_attempt, numbered>;
    enum class turn : unsigned char { at_once, queued };
    result<refused_or_made> new_attempt(const store::run_record&, const definition&, const retry_request&, turn,
                                        const std::function<result<void>()>& before_it_is_made);
    result<void> stop(const store::run_record&, policy::user_id actor);
    result<int> recover_one(const store::run_record&);
    // `to_record`: it is to be acted on; without, nothing is decided.
    result<std::vector<missing_integration>> missing_in(const compiled&, const definition&, const store::run_record&,
                                                        policy::user_id reader, const retry_scope&,
                                                        std::vector<store::decision_record>* to_record);

    surroundings around_;
    std::mutex mutex_;
    std::map<policy::run_id, cancel_switch*> here_;  // what this process executes
};

}  // namespace latchkey::run
