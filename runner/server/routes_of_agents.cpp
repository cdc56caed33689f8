// SPDX-License-Identifier: Apache-2.0
//
// The part of the table that is for agents, and for who looks after them.
#include "runner/server/handlers.hpp"
#include "runner/server/route.hpp"

#include <array>

namespace latchkey::server {

namespace {

using s = scope;
using r = right;

constexpr manner confirmed{.confirmed = true};
constexpr manner as_it_came{.raw = true};

constexpr auto table = std::to_array<route>({
    {"GET", "/latchkey/v1/agents", s::workspaces_manage, r::server_administrator, list_agents,
     "The agents of the server, and what they execute"},
    {"POST", "/latchkey/v1/agents/registrations", s::workspaces_manage, r::server_administrator,
     add_agent_registration, "Let an agent come: a token that is good once", confirmed},
    {"POST", "/latchkey/v1/agents/:agent/drain", s::workspaces_manage, r::server_administrator, drain_agent,
     "Let an agent take no more work, or take work again"},
    {"DELETE", "/latchkey/v1/agents/:agent", s::workspaces_manage, r::server_administrator, remove_agent,
     "Remove an agent: what it executes is lost"},

    {"POST", "/latchkey/v1/agent/register", s::none, r::anybody, register_agent,
     "Become an agent, with a registration's token"},
    {"POST", "/latchkey/v1/agent/poll", s::none, r::agent, poll_orders,
     "What an agent is to do, as soon as there is something"},
    {"POST", "/latchkey/v1/agent/heartbeat", s::none, r::agent, renew_leases, "Renew an agent's leases"},
    {"POST", "/latchkey/v1/agent/leave", s::none, r::agent, leave_work, "Give up an agent's leases"},
    {"GET",
     "/latchkey/v1/agent/attempts/:work/files",
     s::none,
     r::agent,
     send_files,
     "The files of an attempt's commit, as a pack of git's",
     {},
     gives::text},
    {"POST", "/latchkey/v1/agent/attempts/:work/ready", s::none, r::agent, take_ready,
     "Where an agent has prepared an attempt, or why it can't"},
    {"POST", "/latchkey/v1/agent/attempts/:work/actions/:action/secrets", s::none, r::agent, give_secrets,
     "The secrets of an action that begins, decided now and sealed for the agent"},
    {"POST", "/latchkey/v1/agent/attempts/:work/actions/:action/started", s::none, r::agent, take_started,
     "That an action has started, or why it can't"},
    {"POST", "/latchkey/v1/agent/attempts/:work/actions/:action/output", s::none, r::agent, take_output,
     "What an action has printed, from an offset on", as_it_came},
    {"POST", "/latchkey/v1/agent/attempts/:work/actions/:action/end", s::none, r::agent, take_end,
     "How an action has ended"},
});

}  // namespace

std::span<const route> routes_of_agents() {
    return table;
}

}  // namespace latchkey::server
