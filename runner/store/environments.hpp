// SPDX-License-Identifier: Apache-2.0
//
// Environments of a workspace or a project: where things are deployed to, who may use and manage them, and what the
// API keeps of them. One method is one transaction; each that changes something judges in it whether `actor` may, and
// is audited. Any thread may call; calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

// Rising; `project_role` (the API's DEFAULT) is what the role in the project says.
enum class environment_level : unsigned char { project_role, denied, use_only, manage };

struct environment_user {
    policy::user_id user;
    environment_level access = environment_level::project_role;
};
struct environment_group {
    policy::group_id group;
    environment_level access = environment_level::project_role;
};

struct environment_record {
    policy::environment_id id;
    std::string hash_id;  // in addresses: 24 lower-case hex, made by the store
    policy::workspace_id workspace;
    policy::project_id project;  // invalid: of the whole workspace
    std::string name;
    std::string identifier;  // unique in its project or workspace
    environment_level others = environment_level::project_role;
    std::vector<environment_user> users;
    std::vector<environment_group> groups;
    facts settings;  // the API's other fields, as it reads them
    policy::user_id created_by;
    policy::time_point created_at{};
    policy::time_point changed_at{};
};

class environments {
public:
    virtual ~environments() = default;
    // By whoever's role in the project manages environments; of the workspace: by administrators.
    virtual result<environment_record> add(environment_record, policy::user_id actor) = 0;
    virtual result<environment_record> get(policy::workspace_id, const std::string& hash_id) = 0;
    virtual result<environment_record> with(policy::workspace_id, policy::environment_id) = 0;
    // All of the workspace; what a reader may see is level_of()'s matter.
    virtual result<std::vector<environment_record>> list(policy::workspace_id) = 0;
    // Never project_role. Owners and administrators manage all; else their own row, else the highest of their
    // groups', else `others`; what falls to the role in the project and has none is denied.
    virtual result<environment_level> level_of(const environment_record&, policy::user_id) = 0;
    // conflict: changed since `changed_at` was read, or the identifier is taken. Not the project.
    virtual result<environment_record> edit(const environment_record&, policy::user_id actor, policy::time_point) = 0;
    // Its variables go with it.
    virtual result<void> remove(policy::workspace_id, policy::environment_id, policy::user_id actor,
                                policy::time_point) = 0;
};

}  // namespace latchkey::store
