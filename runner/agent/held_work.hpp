// SPDX-License-Identifier: Apache-2.0
//
// One attempt at its agent, from the lease to its end: its files, its backend, and its actions. Private to the agent;
// on its loop. Owner: the agent, which joins run() before it is destroyed.
#pragma once

#include "runner/agent/agent.hpp"
#include "runner/async/notification.hpp"
#include "runner/async/task_group.hpp"
#include "runner/source/filesystem.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace latchkey::agent {

class running_action;

class held_work {
public:
    using clock = std::chrono::steady_clock;
    // `order`: what the server said of it.
    held_work(const boost::asio::any_io_executor&, boost::asio::thread_pool& calls, const agent_options&,
              const nlohmann::json& order, clock::time_point asked_at);
    ~held_work();
    held_work(const held_work&) = delete;
    held_work& operator=(const held_work&) = delete;

    // Prepares, then executes what it is told to, until end(). When it returns nothing of it is left.
    async::task<> run();
    void start(std::int64_t action, nlohmann::json form);
    void terminate(std::int64_t action);
    void kill(std::int64_t action);
    // It is over: whatever still runs of it is killed.
    void end();

    std::int64_t number() const { return number_; }
    std::int64_t fence() const { return fence_; }
    bool over() const { return over_; }
    // The lease was renewed by a call that began then.
    void renewed(clock::time_point asked_at);
    bool lease_is_over() const { return clock::now() >= until_; }
    clock::duration lease_time() const { return lease_time_; }

    // -- for its actions
    // A call under its lease, again and again while there is no answer, until it is over: then `cancelled`.
    async::task<result<nlohmann::json>> call(std::string path, std::string body);
    const agent_options& options() const { return options_; }
    boost::asio::thread_pool& pool() { return calls_; }
    exec::backend& backend() { return *backend_; }
    const std::string& sealing_key() const { return sealing_key_; }
    const exec::workplace& place() const { return place_; }
    const boost::asio::any_io_executor& executor() const { return executor_; }

private:
    async::task<result<void>> prepare();
    result<void> prepare_now();
    async::task<> run_action(std::shared_ptr<running_action>);
    std::string words() const;

    boost::asio::any_io_executor executor_;
    boost::asio::thread_pool& calls_;
    const agent_options& options_;
    const nlohmann::json order_;
    const std::int64_t number_;
    const std::int64_t fence_;
    const std::string lease_;
    const std::string sealing_key_;
    const clock::duration lease_time_;
    clock::time_point until_;
    std::atomic<bool> over_{false};
    std::optional<source::filesystem> files_;
    std::vector<std::string> notes_;
    exec::workplace place_;
    std::unique_ptr<exec::backend> backend_;
    async::task_group actions_;
    async::notification ended_;
    boost::asio::steady_timer pause_;
    std::map<std::int64_t, std::shared_ptr<running_action>> running_;
};

}  // namespace latchkey::agent
