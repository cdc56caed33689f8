// SPDX-License-Identifier: Apache-2.0
//
// What makes a server's runs: takes an order, finds the definition and the commit that it means, makes the run, and
// has it executed when its turn comes. Whoever may order is settled before. Owner: the server; outlives all calls.
// Any thread; calls block.
#pragma once

#include "runner/metrics/metrics.hpp"
#include "runner/server/agent_runs.hpp"
#include "runner/server/event_hub.hpp"
#include "runner/server/log_feed.hpp"
#include "runner/server/log_places.hpp"
#include "runner/server/log_shelf.hpp"
#include "runner/server/run_metrics.hpp"
#include "runner/server/run_queue.hpp"
#include "runner/server/server_log.hpp"
#include "runner/source/commit_info.hpp"
#include "runner/source/file_change.hpp"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace latchkey::identity {
class token_issuer;
}

namespace latchkey::server {

struct run_order {
    store::team_project_record project;
    store::team_pipeline_record pipeline;
    policy::user_id actor;
    policy::ref ref;       // type none: the project's default branch
    std::string revision;  // a commit's id; empty or HEAD: the newest of the ref
    std::string base;      // a commit's id, from which changes are told; empty: that of the last success
    std::vector<std::string> only_actions;  // as in store::run_source
    std::string comment;
    store::facts origin;
    store::facts parameters;
    std::map<std::string, vault::secret> secrets;  // values of variables that are not kept
    policy::source_trust trust = policy::source_trust::trusted;
};

// Where the files of projects come from.
class project_files {
public:
    virtual ~project_files() = default;
    struct state {
        std::filesystem::path repository;  // as source::git reads it
        std::string commit;
        policy::ref ref;
    };
    // Fetches, and finds what the order means. not_found: there is no such ref or commit.
    virtual result<state> find(const store::team_project_record&, const policy::ref&,
                               const std::string& revision) = 0;
    // The newest of a ref for who only looks: what was fetched in the last seconds will do, nothing is waited for
    // long, and submodules are not fetched. conflict: others are at work on it, or it is being fetched for the first
    // time, which goes on.
    virtual result<state> find_to_show(const store::team_project_record&, const policy::ref&) = 0;
    // That there is a clone: where there is none it is fetched, which nobody waits for long. conflict: that goes on.
    virtual result<void> have(const store::team_project_record&) = 0;
    struct written {
        state at;
        bool made = false;  // else it was so already
    };
    // Writes a file and pushes that, after who is told of it has agreed; what it is then. As
    // source::project_clone::write; conflict, too, while somebody else writes to the project's repository.
    virtual result<written> write(const store::team_project_record&, const source::file_change&,
                                  const source::push_notice&) = 0;
    // The whole number of a commit that a branch or a tag leads to; not_found: none does.
    virtual result<std::string> commit(const state&, const std::string& revision) = 0;
    // A file of a commit; not_found: it has none.
    virtual result<std::string> read(const state&, const std::string& path) = 0;
    // Its branches and tags by their whole names, and what its commits say, the newest first.
    virtual result<std::vector<source::git_ref>> refs(const state&) = 0;
    virtual result<std::vector<source::commit_info>> history(const state&, const std::string& commit, int skip,
                                                             int most) = 0;
    virtual result<std::string> default_branch(const state&) = 0;
    // The first line of what its commit says, as far as a list shows it.
    virtual result<std::string> subject(const state&) = 0;
    struct content {
        std::string type;  // FILE, DIR, SUB_MODULE, SYMLINK, as the API says it
        std::string path;
        std::size_t size = 0;
    };
    // What is at a path of a commit, and what is in a folder (empty: the root). not_found: nothing; refused: too
    // much.
    virtual result<content> look(const state&, const std::string& path) = 0;
    virtual result<std::vector<content>> contents(const state&, const std::string& folder) = 0;
    // The files of a folder of it and below, by their paths.
    virtual result<std::vector<std::string>> list(const state&, const std::string& folder) = 0;
    // All files of a commit as a pack of git's, into a new file.
    virtual result<void> pack(const state&, const std::filesystem::path& file) = 0;
};

struct executor_options {
    std::filesystem::path data;
    std::string backend;  // of all actions; empty: as each says
    int slots = 4;
    int jobs = 4;
    server_log& log = server_log::silent();
    metrics::registry& metrics = metrics::unread();
    // Who issues tokens of runs; may be absent, or give nullptr: nobody does.
    std::function<identity::token_issuer*()> run_tokens = nullptr;
    // After something has happened to a run; must not block.
    std::function<void(policy::run_id)> on_change = nullptr;
    objects::object_store* objects = nullptr;  // where logs are moved to; may be absent
    agent::exchange* agents = nullptr;         // absent: it has none
    agents_use use_agents = agents_use::no;
};

class run_executor {
public:
    // `around` is completed: it is shared, and tells the hub of every change. The store in it is that of `stores`.
    // `files` may be null: then there are no repositories.
    run_executor(store::stores& stores, run::surroundings around, std::unique_ptr<project_files> files,
                 executor_options);
    ~run_executor();
    run_executor(const run_executor&) = delete;
    run_executor& operator=(const run_executor&) = delete;

    // Takes up what an earlier server has left. Returns how many runs wait.
    result<int> begin();
    void stop(std::chrono::milliseconds grace);
    void hurry();  // as run_queue's

    // `ended` of what is made is set where the definition has errors: then there is no run.
    result<run::made_attempt> start(run_order);
    result<run::made_attempt> retry(const run::retry_request&, std::map<std::string, vault::secret> secrets);
    result<void> cancel(const store::run_record&, policy::user_id actor);

    run::service& runs();
    project_files* files();  // nullptr: there are no repositories
    event_hub& hub();
    run_queue& queue();
    std::filesystem::path logs();
    const std::filesystem::path& data();
    // What an action of an attempt prints; the same for all who watch it.
    std::shared_ptr<log_feed> log_of(policy::run_id, int attempt, std::size_t action);
    const log_places& places();
    // For who looks into one log again and again.
    log_shelf& shelf();
    // Where live views read from store and disk.
    boost::asio::thread_pool& readers();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::server
