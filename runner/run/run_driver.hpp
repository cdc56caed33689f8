// SPDX-License-Identifier: Apache-2.0
//
// Performs what the state machine says for one attempt: delivers an action's secrets, arms the masker with them,
// starts the action, carries its output through the masker into its log, and tells the state machine how it ended.
// Everything that happens is an event of the journal. One loop; every call from its thread. Blocking work (deciding,
// opening, compiling needles) goes to the pool. Output is written to its log on the loop: that is a copy into the
// page cache, and one loop serves one run.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/async/notification.hpp"
#include "runner/async/task_group.hpp"
#include "runner/exec/backend.hpp"
#include "runner/log/log_writer.hpp"
#include "runner/run/access.hpp"
#include "runner/run/attempt_context.hpp"
#include "runner/run/attempt_maskers.hpp"
#include "runner/run/flow.hpp"
#include "runner/run/journal.hpp"
#include "runner/run/passed_variables.hpp"
#include "runner/run/run_limits.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <filesystem>
#include <map>

namespace latchkey::run {

struct driver_options {
    int jobs = 1;
    std::chrono::milliseconds grace{10'000};  // between asking an action to end and killing it
    std::filesystem::path logs;               // the attempt's folder is made below
    std::filesystem::path workspace;
    std::filesystem::path caches;                                       // of the pipeline
    std::string repository;                                             // whose commit the workspace is; may be empty
    std::string commit;                                                 // that one
    bool here = true;                                                   // these are folders of this machine
    run_limits limits;                                                  // of each action
    store::facts images;                                                // which stand in for others
    bool containers = false;                                            // an action that names an image runs in one
    std::vector<std::pair<std::string, std::string>> base_environment;  // PATH, HOME …: nothing else is ours to give
    // For actions that wait: what somebody has answered so far, from the store (blocks) and from the run's own
    // terminal (must not block). Either may be absent.
    std::function<result<std::optional<answer>>(std::uint32_t action, const question&)> answer_in_store;
    std::function<std::optional<answer>(std::uint32_t action, const question&)> answer_here;
    std::string answer_command;  // how another terminal answers
    child_runner run_child;      // blocks
    // A token of this run for that audience; blocks; may be absent.
    std::function<result<vault::secret>(const std::string& audience)> issue_token;
    std::function<void()> on_output;  // after an action's log has grown; may be absent
    std::string project;              // its name
    std::string program;              // latchkey-native, for the types that we perform
    std::string grant_command;        // for a denial in mid-run
};

class run_driver {
public:
    run_driver(const boost::asio::any_io_executor&, boost::asio::thread_pool&, exec::backend&, access&, journal&,
               attempt_context, driver_options);
    ~run_driver();

    // What actions that succeeded in an earlier attempt passed on. Before run().
    void pass(const std::string& name, std::string value) { passed_.set(name, std::move(value)); }
    // Masked in the output of every action. Before run().
    void learn(const action_secrets& s) { maskers_.learn(s); }

    // Runs to the end. The journal has the attempt's end as its last event.
    async::task<status> run();

    // The first call asks what runs to end, the second kills it.
    void cancel(const std::string& by_whom);

private:
    struct running;
    void perform();
    async::task<> run_action(std::uint32_t action, int number);
    struct flow_end {
        bool success = false;
        std::string text;
    };
    async::task<std::string> open_log(std::uint32_t action, running&);
    async::task<> run_flow(std::uint32_t action, int number, running&);
    async::task<flow_end> ask_people(std::uint32_t action, running&);
    async::task<flow_end> run_pipeline(std::uint32_t action, running&);
    void take(std::uint32_t action, answer);
    async::task<> retry_later(std::uint32_t action, int seconds);
    async::task<std::string> execute(std::uint32_t action, running&);
    async::task<result<std::unique_ptr<exec::execution>>> start(running&, exec::request);
    async::task<> carry_output(running&);
    async::task<> limit_time(running&, std::chrono::milliseconds);
    async::task<result<access::delivery>> deliver(std::uint32_t action);
    async::task<result<void>> confirm(std::uint32_t action, running&);
    async::task<result<std::vector<std::string>>> add_tokens(std::uint32_t action, action_secrets&);
    result<std::vector<std::string>> add_fields(std::uint32_t action, action_secrets&);
    std::string why_skipped(std::uint32_t action) const;
    void stop(running&, end_reason);
    void ended(std::uint32_t action, int number, end_reason, int code, std::string text, bool success);
    void warn(std::string text);
    async::task<> read_reports(running&);
    void tell_of_failure(std::uint32_t action);
    void pass_on(running&);

    boost::asio::any_io_executor executor_;
    boost::asio::thread_pool& pool_;
    exec::backend& backend_;
    access& access_;
    journal& journal_;
    attempt_context context_;
    driver_options options_;
    run_fsm fsm_;
    std::vector<command> commands_;
    async::task_group tasks_;
    async::notification finished_;
    std::map<std::uint32_t, running*> running_;
    std::map<std::uint32_t, log::log_writer> logs_;               // of actions that have not ended
    std::map<std::uint32_t, boost::asio::steady_timer> retries_;  // of actions that wait to be tried again
    std::vector<std::unique_ptr<char[]>> buffers_;                // for output, that nobody uses now
    std::vector<bool> uses_integrations_;
    bool unrecorded_ = false;  // the end of an action that uses integrations may not be on record yet
    attempt_maskers maskers_;
    passed_variables passed_;
    std::string failed_action_;
    status end_ = status::initial;
    int cancels_ = 0;
    int waiting_ = 0;  // actions that wait for people
    bool performing_ = false;
};

}  // namespace latchkey::run
