// SPDX-License-Identifier: Apache-2.0
//
// One attempt of a run that an agent executes, as the server has it in memory: who has it under which lease, and each
// action that was ordered. Two sides meet in it: the run's loop, which orders and waits, and the calls of the agent,
// which come on any thread and may block. All of it is guarded by its own mutex, which is never held while anything
// else is called but the waker.
#pragma once

#include "runner/agent/request_form.hpp"
#include "runner/async/waker.hpp"
#include "runner/store/agents.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace latchkey::agent {

// What one action has come to.
struct ordered_action {
    enum class phase : unsigned char {
        ordered,    // the agent is told
        asked,      // it wants the secrets: whether it may have them is being decided
        delivered,  // it has been given them
        refused,    // it has not
        started,
        ended,
    };
    phase at = phase::ordered;
    std::string sealed;          // for that agent alone, until the action has started
    std::string not_started;     // why it could not be started there
    std::string output;          // masked there, not yet read here
    std::uint64_t received = 0;  // bytes of output, all in all
    exec::exit_status status;
    std::string exported;
    std::string failed;      // it was started, and can't be said to have ended as a process does: why
    std::string label;       // what people call it
    bool abandoned = false;  // nobody waits for it any more
};

class assignment {
public:
    enum class phase : unsigned char { waits, preparing, ready, lost, over };

    assignment(store::agent_work w, nlohmann::json o, std::shared_ptr<async::waker> driver)
        : work(std::move(w)), order(std::move(o)), driver_(std::move(driver)) {}

    // Both sides look again. With the mutex held or not.
    void changed() {
        if (driver_) driver_->wake();
        moved.notify_all();
    }

    const store::agent_work work;  // as it was enqueued: without a lease
    const nlohmann::json order;    // what an agent is told of it besides

    std::mutex mutex;
    std::condition_variable moved;  // for calls of the agent that wait for the loop
    phase at = phase::waits;
    store::agent_record agent;  // that has it
    std::string lease;
    std::int64_t fence = 0;
    policy::time_point until{};
    bool in_use = false;                   // the run works with it: something of it may have started
    std::optional<exec::workplace> place;  // ready
    std::vector<std::string> notes;        // ready: for people
    std::string why;                       // lost, or it can't be prepared
    std::map<std::int64_t, ordered_action> actions;
    std::int64_t next_action = 1;

private:
    std::shared_ptr<async::waker> driver_;
};

// How much output waits to be read before an agent has to wait.
inline constexpr std::size_t most_unread = 4UL * 1024 * 1024;

}  // namespace latchkey::agent
