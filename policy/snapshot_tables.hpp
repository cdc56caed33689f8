// SPDX-License-Identifier: Apache-2.0
//
// How a snapshot keeps its facts: what decide() needs lies in the hash tables themselves, so that a decision costs a
// look-up or two and allocates nothing; the rest lies beside it. Private to policy: snapshot.cpp fills it,
// decision.cpp reads it.
#pragma once

#include "policy/snapshot.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace latchkey::policy {

struct integration_slot {
    project_id project;
    std::uint32_t index = 0;  // in tables::integrations
    policy::scope scope = policy::scope::workspace;
    bool all_pipelines_allowed = false;
};

struct pipeline_slot {
    project_id project;
    std::uint32_t index = 0;
};

struct pair_key {
    integration_id integration;
    pipeline_id pipeline;
    friend bool operator==(const pair_key&, const pair_key&) = default;
};

// The grants of one pair: a run of tables::grants. `unconditional` is one of them that always holds, if any.
struct grant_slot {
    grant_id unconditional;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

struct pair_hash {
    std::size_t operator()(const pair_key& k) const noexcept {
        const std::hash<integration_id> first;
        const std::hash<pipeline_id> second;
        const std::size_t h = first(k.integration);
        return h ^ (second(k.pipeline) + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2));
    }
};

struct membership_key {
    project_id project;
    std::int64_t member = 0;  // a user's id, or minus a group's
    friend bool operator==(const membership_key&, const membership_key&) = default;
};

struct membership_hash {
    std::size_t operator()(const membership_key& k) const noexcept {
        const std::hash<user_id> hash;
        return hash(user_id(k.project.value() * 0x1f123bb5 + k.member));
    }
};

struct snapshot::tables {
    policy::revision revision;
    std::vector<integration> integrations;
    std::vector<pipeline> pipelines;
    std::vector<user> users;
    std::vector<policy::grant> grants;  // those of one pair side by side
    boost::unordered_flat_map<integration_id, integration_slot, std::hash<integration_id>> integration_slots;
    boost::unordered_flat_map<pipeline_id, pipeline_slot, std::hash<pipeline_id>> pipeline_slots;
    boost::unordered_flat_map<user_id, std::uint32_t, std::hash<user_id>> user_index;
    boost::unordered_flat_map<pair_key, grant_slot, pair_hash> grant_slots;
    boost::unordered_flat_map<membership_key, pipeline_level, membership_hash> members;
};

}  // namespace latchkey::policy
