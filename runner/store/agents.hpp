// SPDX-License-Identifier: Apache-2.0
//
// The agents of a server, and the work that waits for them or that they have: a row an attempt of a run, claimed
// under a lease with a fencing number. What an action is and what it printed is not here. One method is one
// transaction; any thread may call; calls block.
#pragma once

#include "policy/ids.hpp"
#include "policy/model.hpp"
#include "runner/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latchkey::store {

struct agent_record {
    std::int64_t id = 0;
    std::string name;
    std::string pool;
    std::vector<std::string> tags;
    std::string cpu;  // X64, ARM
    int capacity = 1;
    std::string signing_key;  // in hex, both
    std::string sealing_key;
    std::string version;
    bool draining = false;
    policy::time_point created_at{};
    std::optional<policy::time_point> last_seen;
};

// What whoever has the token becomes.
struct agent_registration {
    std::string token_hash;
    std::string name;  // empty: the agent's own
    std::string pool;
    std::vector<std::string> tags;
    policy::user_id by;
    policy::time_point expires_at{};
};

// Which agents can do it.
struct agent_wish {
    std::string pool;  // or an agent's name; empty: any
    std::string cpu;   // empty: any
    std::vector<std::string> tags;
    bool empty() const { return pool.empty() && cpu.empty() && tags.empty(); }
};

struct agent_work {
    std::int64_t id = 0;
    policy::run_id run;
    int attempt = 1;
    int rank = 1;  // the lowest first
    agent_wish wish;
    std::int64_t agent = 0;  // that has it; 0: none
    std::string lease;
    std::int64_t fence = 0;
};

struct agent_lease {
    std::int64_t work = 0;
    std::int64_t fence = 0;
};

class agents {
public:
    virtual ~agents() = default;

    virtual result<void> allow(const agent_registration&, policy::time_point) = 0;
    // Uses the token up. `wanted` has what the agent says of itself; the registration's name and pool win, and its
    // tags come to the agent's own. not_found: there is no such token, it is used up, or it is over. conflict: the
    // name is taken.
    virtual result<agent_record> enroll(const std::string& token_hash, agent_record wanted, policy::time_point) = 0;
    // Whether somebody administers the workspace that the server was set up with.
    virtual result<bool> may_administer(policy::user_id) = 0;
    virtual result<std::vector<agent_record>> all() = 0;  // by their names
    virtual result<agent_record> get(std::int64_t id) = 0;
    // It has called: what it says of itself now.
    virtual result<void> seen(std::int64_t id, const std::string& version, int capacity, policy::time_point) = 0;
    virtual result<void> drain(std::int64_t id, bool draining, policy::user_id by, policy::time_point) = 0;
    virtual result<void> remove(std::int64_t id, policy::user_id by, policy::time_point) = 0;

    // -- work
    virtual result<std::int64_t> enqueue(const agent_work&, policy::time_point) = 0;
    // The next that this agent can do, leased to it until then; none: there is none. What its run has left at an
    // agent that may still work on it waits for that one's lease to end.
    virtual result<std::optional<agent_work>> claim(const agent_record&, const std::string& lease,
                                                    policy::time_point now, policy::time_point until) = 0;
    // Gives back those that are still this agent's.
    virtual result<std::vector<std::int64_t>> renew(std::int64_t agent, std::span<const agent_lease>,
                                                    policy::time_point until) = 0;
    // Waits again, for another agent. Nothing where it is not under this lease.
    virtual result<void> give_back(const agent_lease&) = 0;
    virtual result<void> finish(std::int64_t work) = 0;
    // A server begins: what waited is over (its run is asked for anew), what was leased may still go on at its agent.
    virtual result<void> leave_behind() = 0;
    // The agent has ended whatever it had of an earlier server.
    virtual result<void> let_go(std::int64_t agent) = 0;
};

// Whether it can do that.
bool can_do(const agent_record&, const agent_wish&);

}  // namespace latchkey::store
