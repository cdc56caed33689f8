// SPDX-License-Identifier: Apache-2.0
//
// What of the audit log is looked for, and what its entries are about, by name: for administrators of the workspace,
// who may know of everything in it. One call, one thread; blocks.
#pragma once

#include "policy/audit_log.hpp"
#include "runner/server/call.hpp"

#include <map>
#include <string>
#include <vector>

namespace latchkey::server {

// Names of what entries say by number, each looked up once.
class audit_names {
public:
    explicit audit_names(const call& c) : c_(c) {}

    // {"integration": {"name", "hash_id"}, "pipeline": {"id", "name"}, "project": {"name", "display_name"},
    // "execution": 3}: what is still there of what the entry is about.
    result<json> of(const policy::audit_entry&);
    // The project that it is about, itself or by its pipeline; invalid: none.
    result<policy::project_id> project_of(const policy::audit_entry&);

private:
    struct known_pipeline {
        std::string name;
        policy::project_id project;
    };
    result<known_pipeline> pipeline(std::int64_t);
    result<json> integration(std::int64_t);
    result<json> project(policy::project_id);
    result<std::int64_t> number_of_run(std::int64_t);
    const call& c_;
    std::map<std::int64_t, known_pipeline> pipelines_;
    std::map<std::int64_t, json> integrations_;
    std::map<std::int64_t, json> projects_;
    std::map<std::int64_t, std::int64_t> runs_;
};

struct audit_search {
    // ?kind=, actor=, since=, until=, integration=, pipeline=, project= and q=: words, all of which an entry has.
    static result<audit_search> asked_by(const call&);

    result<bool> fits(audit_names&, const policy::audit_entry&) const;

    store::audit_wish wish;
    std::string integration;  // its number; empty: any
    std::string pipeline;
    policy::project_id project;
    std::vector<std::string> words;  // in small letters
};

}  // namespace latchkey::server
