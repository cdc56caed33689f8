// SPDX-License-Identifier: Apache-2.0
//
// The facts that a decision is taken from: users, groups, pipelines, integrations and grants.
// Plain values without behaviour; snapshot.hpp indexes them, decision.hpp judges them.
// No thread rule. Must not know names from YAML, secrets, files or the clock: time is passed in.
#pragma once

#include "policy/ids.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::policy {

using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

// What a user or group may do with an integration, in rising order. `delete_only` is offered for administrators.
enum class level : unsigned char { denied, delete_only, use_only, manage };

// Which pipelines an integration can be made available to. Not changeable after creation.
enum class scope : unsigned char { workspace, project };

enum class workspace_role : unsigned char { member, administrator, owner };

// Permission on a pipeline; `project_role` (Buddy's DEFAULT) falls through to the role in the project.
enum class pipeline_level : unsigned char { project_role, denied, read_only, run_only, read_write };

// A ref is (type, full name): a branch called like a tag is another ref.
enum class ref_type : unsigned char { none, branch, tag, pull_request };

struct ref {
    ref_type type = ref_type::none;
    std::string name;  // full: refs/heads/main, refs/tags/v1, refs/pull/7; empty for none
    friend bool operator==(const ref&, const ref&) = default;
};

struct user_row {
    user_id user;
    level access = level::denied;
    friend bool operator==(const user_row&, const user_row&) = default;
};

struct group_row {
    group_id group;
    level access = level::denied;
    friend bool operator==(const group_row&, const group_row&) = default;
};

struct integration {
    integration_id id;
    policy::scope scope = scope::workspace;
    project_id project;                  // with scope::project only
    bool all_pipelines_allowed = false;  // "all" is a value of its own; an empty list of grants means nobody
    level admins = level::manage;
    level others = level::use_only;
    level demanded_to_grant = level::use_only;  // use_only or manage
    std::vector<user_row> users;
    std::vector<group_row> groups;
    friend bool operator==(const integration&, const integration&) = default;
};

// One pipeline may use one integration.
struct grant {
    grant_id id;
    policy::integration_id integration;
    pipeline_id pipeline;
    user_id granted_by;
    time_point granted_at{};
    run_id from_run;                    // the failed run it was granted from, if any
    std::optional<time_point> expires;  // allowed strictly before this instant
    std::string ref_pattern;  // empty: any ref; else a full ref name in which * matches any run of characters
    run_id only_run;          // valid: this run only
    friend bool operator==(const grant&, const grant&) = default;
};

struct user {
    user_id id;
    workspace_role role = workspace_role::member;
    std::vector<group_id> groups;
    friend bool operator==(const user&, const user&) = default;
};

struct pipeline_user_row {
    user_id user;
    pipeline_level access = pipeline_level::project_role;
    friend bool operator==(const pipeline_user_row&, const pipeline_user_row&) = default;
};

struct pipeline_group_row {
    group_id group;
    pipeline_level access = pipeline_level::project_role;
    friend bool operator==(const pipeline_group_row&, const pipeline_group_row&) = default;
};

struct pipeline {
    pipeline_id id;
    project_id project;
    pipeline_level others = pipeline_level::project_role;
    std::vector<pipeline_user_row> users;
    std::vector<pipeline_group_row> groups;
    friend bool operator==(const pipeline&, const pipeline&) = default;
};

// A user's or group's role in a project: what its permission set says about pipelines.
struct project_member {
    project_id project;
    user_id user;  // exactly one of user and group is valid
    group_id group;
    pipeline_level access = pipeline_level::denied;
    friend bool operator==(const project_member&, const project_member&) = default;
};

}  // namespace latchkey::policy
