// SPDX-License-Identifier: Apache-2.0
//
// Where a server's runs and its agents meet: runs ask for an agent and order actions, agents poll for orders and
// report. Who may do what is a matter of leases: an agent that names another's, or one that has ended, is told
// `denied`, whatever it names. Leases are in the store; orders, secrets and output are in memory only. Owner: the
// server; outlives all runs and calls. Any thread; calls block.
#pragma once

#include "runner/agent/assignment.hpp"
#include "runner/vault/key_pairs.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <set>
#include <thread>

namespace latchkey::agent {

struct exchange_options {
    std::chrono::milliseconds lease{30'000};
    // For what happened: "an agent was lost", its name, why.
    std::function<void(std::string_view what, const std::string& agent, const std::string& why)> tell = nullptr;
    bool watch = true;  // looks for leases that have ended by itself; else somebody calls look()
};

// One that was claimed, and by whom: for messages and lists.
struct work_at_agent {
    std::int64_t agent = 0;
    policy::run_id run;
    int attempt = 1;
    std::vector<std::string> actions;  // that run
};

class exchange {
public:
    exchange(store::agents&, std::function<policy::time_point()> clock, exchange_options);
    ~exchange();
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    // Takes up what an earlier server has left. Once, before anything else.
    result<void> begin();
    // Who polls is told to come again: the server ends.
    void close();
    // Ends leases that are over. Called by itself unless it was told not to.
    void look();

    // -- for runs
    // Whether an agent is registered that can do it.
    result<bool> can_anybody(const store::agent_wish&);
    // Puts it into the queue; `driver` is woken at every change.
    result<std::shared_ptr<assignment>> ask_for(store::agent_work, nlohmann::json order,
                                                std::shared_ptr<async::waker> driver);
    std::int64_t order(assignment&, nlohmann::json form, const std::string& label);
    void tell(const assignment&, std::string_view order, std::int64_t action);  // "terminate", "kill"
    // The run is done with it, or does not want it any more.
    void release(const std::shared_ptr<assignment>&);
    boost::asio::thread_pool& pool() { return pool_; }
    // Whether an agent that can do it is there now.
    bool is_anybody_there(const store::agent_wish&);

    // -- for calls of agents
    struct poll {
        std::string session;  // of the server, as the agent knows it; another one: it starts over
        std::string boot;     // of the agent: another one means that it has been started anew
        std::int64_t after = 0;
        int free = 0;  // how many more attempts it could take
    };
    struct polled {
        std::string session;
        nlohmann::json orders = nlohmann::json::array();
        bool start_over = false;  // the agent has to end whatever it has
        bool superseded = false;  // a newer poll of this agent is there
    };
    // What there is now. `ticket` from enter().
    result<polled> orders_for(const store::agent_record&, const poll&, std::uint64_t ticket);
    // A poll begins; `waker` is woken when there may be something.
    std::uint64_t enter(const store::agent_record&, int free, const std::shared_ptr<async::waker>&);
    void leave(std::int64_t agent, std::uint64_t ticket);
    bool closed() const { return closed_; }

    // Those of its leases that have ended.
    result<std::vector<std::int64_t>> renew(const store::agent_record&, std::span<const store::agent_lease>);
    // The attempt under this lease: "12.3". denied: there is none such of this agent.
    result<std::shared_ptr<assignment>> held(const store::agent_record&, std::int64_t work, std::string_view lease);

    // Where it has prepared the attempt that it has, or why it can't.
    void prepared(assignment&, exec::workplace, const std::string& why_not, std::vector<std::string> notes);
    // It ends, and what it has of these is lost.
    void give_up(const store::agent_record&, std::span<const store::agent_lease>);

    struct standing {
        bool online = false;
        std::optional<policy::time_point> last_seen;
        int busy = 0;
    };
    standing standing_of(std::int64_t agent);
    std::vector<work_at_agent> held_by_agents();
    // It is not to work any more: what it has is lost.
    void drop(std::int64_t agent, const std::string& why);

    const vault::key_pairs& keys() const { return keys_; }
    std::chrono::milliseconds lease_time() const { return options_.lease; }

private:
    // The orders of one agent.
    struct line {
        std::string boot;
        std::deque<nlohmann::json> orders;  // that it may not have seen
        std::int64_t next = 1;
        std::uint64_t ticket = 0;  // of its newest poll; 0: it does not poll
        std::weak_ptr<async::waker> waker;
        store::agent_record agent;
        int free = 0;
        bool greeted = false;
        bool gone = false;  // a lease of it has ended, and it has not called since
        std::optional<policy::time_point> last_seen;
    };

    bool is_here(const line&) const;
    void put(std::int64_t agent, nlohmann::json order);
    result<bool> claim_for(const store::agent_record&);
    void wake_for(const store::agent_wish&);
    void lose(const std::shared_ptr<assignment>&, const std::string& why);
    void lose_all_of(std::int64_t agent, const std::string& why);
    void say(std::string_view what, const std::string& agent, const std::string& why) const;
    std::vector<std::shared_ptr<assignment>> assignments();

    store::agents& store_;
    std::function<policy::time_point()> clock_;
    exchange_options options_;
    const std::string session_;
    const vault::key_pairs keys_ = vault::key_pairs::make();
    boost::asio::thread_pool pool_{2};
    std::mutex mutex_;  // of what follows; taken before an assignment's, never after
    std::map<std::int64_t, std::shared_ptr<assignment>> all_;  // by their work
    std::map<std::int64_t, line> lines_;
    std::uint64_t tickets_ = 0;
    std::atomic<bool> closed_{false};
    std::condition_variable_any wake_watch_;
    std::jthread watch_;
};

}  // namespace latchkey::agent
