// SPDX-License-Identifier: Apache-2.0
//
// What happened in a repository, in one form for every forge. Value types, no thread rule.
#pragma once

#include "policy/decision.hpp"
#include "policy/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::triggers {

enum class event_kind : unsigned char { push, create_ref, delete_ref, pull_request };

struct repository_event {
    event_kind kind = event_kind::push;
    std::string action;      // of a pull request, in GitHub's words: "opened", "synchronize", "closed", …
    policy::ref ref;         // of a pull request: refs/pull/7, whatever the forge calls it
    std::string fetched_as;  // what to ask the repository for; empty: nothing there has it (the fork's own does)
    std::string before;      // commits; empty: none. Of Bitbucket's pull requests only their beginnings
    std::string after;
    std::string base_branch;  // of a pull request: where to and where from, without refs/heads/
    std::string head_branch;
    std::string repository;  // its address; for people and for comparing, not for fetching
    std::string sender;      // the forge's name of who did it
    bool fork = true;        // of a pull request: it comes from another repository, or that can't be told
    std::int64_t number = 0;
    std::string title;
    friend bool operator==(const repository_event&, const repository_event&) = default;
};

// Runs of a fork's pull request get no integrations until somebody approves them.
inline policy::source_trust trust_of(const repository_event& e) {
    const bool theirs = e.kind == event_kind::pull_request && e.fork;
    return theirs ? policy::source_trust::fork : policy::source_trust::trusted;
}

std::string_view name_of(event_kind);  // "PUSH"

struct delivery {
    std::string key;  // the same for the same delivery of the same hook
    std::vector<repository_event> events;
    std::string note;  // where there are none: why
};

}  // namespace latchkey::triggers
