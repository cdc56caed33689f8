// SPDX-License-Identifier: Apache-2.0
//
// Who there is and what they belong to: workspaces, members, groups, permission sets, and the projects of a server.
// One method is one transaction; each that changes something judges in it whether `actor` may, writes the audit log,
// and makes a new policy revision. denied: the actor may not; not_found: it is not there, or in another workspace.
// Any thread may call; calls block.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/store/store.hpp"
#include "runner/store/triggers.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

// Of a list: which part, in which order. Names of columns are the API's; an unknown one orders by id.
struct page {
    int offset = 0;
    int limit = 20;
    std::string sort_by;
    bool descending = false;
};

struct workspace_record {
    policy::workspace_id id;
    std::string domain;
    std::string name;
    policy::user_id owner;
    policy::time_point created_at{};
};

struct member_record {
    user_record user;  // with its role and groups in the workspace
    bool auto_assign = false;
    policy::permission_set_id auto_set;
};

struct group_record {
    policy::group_id id;
    std::string name;
    std::string description;
    bool auto_assign = false;
    policy::permission_set_id auto_set;
};

struct group_member_record {
    member_record member;
    bool manager = false;
};

// A role in projects. `pipelines` is what the policy asks for; the other levels are the API's words.
struct permission_set_record {
    policy::permission_set_id id;
    std::string name;
    std::string description;
    std::string type = "CUSTOM";  // PROJECT_MANAGER, DEVELOPER, READ_ONLY: made with the workspace, not changeable
    policy::pipeline_level pipelines = policy::pipeline_level::denied;
    facts levels;  // repository_access_level, …
};

struct team_project_record {
    policy::project_id id;
    policy::workspace_id workspace;
    std::string handle;  // in addresses
    std::string name;    // as shown
    facts settings;      // the API's other fields
    policy::user_id created_by;
    policy::time_point created_at{};
};

struct project_role_record {
    policy::user_id user;  // exactly one of user and group is valid
    policy::group_id group;
    permission_set_record set;
};

class directory {
public:
    virtual ~directory() = default;

    // -- people
    // The user with this address, without case; made where there is none.
    virtual result<user_record> user_with_email(const std::string& email, const std::string& name) = 0;
    virtual result<user_record> find_user(const std::string& email) = 0;
    virtual result<void> rename_user(policy::user_id, const std::string& name) = 0;
    // In the form of the hashing function (Argon2id); none: they can't log in with a password.
    virtual result<std::optional<std::string>> password_of(policy::user_id) = 0;
    virtual result<void> set_password(policy::user_id, const std::string& hash, policy::user_id actor,
                                      policy::time_point) = 0;

    // -- workspaces
    // With its owner as a member and three permission sets. conflict: the domain is taken.
    virtual result<workspace_record> add_workspace(const std::string& domain, const std::string& name,
                                                   policy::user_id owner, policy::time_point) = 0;
    virtual result<workspace_record> workspace(const std::string& domain) = 0;
    virtual result<std::vector<workspace_record>> workspaces_of(policy::user_id) = 0;
    // That there ever were, removed ones too; this machine's own is one.
    virtual result<std::int64_t> count_workspaces() = 0;
    virtual result<workspace_record> rename_workspace(policy::workspace_id, const std::string& name,
                                                      policy::user_id actor, policy::time_point) = 0;
    // Nobody sees it any more; only its owner may.
    virtual result<void> remove_workspace(policy::workspace_id, policy::user_id actor, policy::time_point) = 0;

    // -- members
    virtual result<member_record> member(policy::workspace_id, policy::user_id) = 0;
    virtual result<std::vector<member_record>> members(policy::workspace_id, const page&) = 0;
    // conflict: they are one already.
    virtual result<member_record> add_member(policy::workspace_id, const std::string& email, policy::user_id actor,
                                             policy::time_point) = 0;
    struct member_change {
        std::optional<bool> administrator;
        std::optional<bool> auto_assign;
        std::optional<policy::permission_set_id> auto_set;
    };
    // refused: the owner stays an administrator.
    virtual result<member_record> edit_member(policy::workspace_id, policy::user_id, const member_change&,
                                              policy::user_id actor, policy::time_point) = 0;
    // Their rows, roles, group memberships and tokens of this workspace go too. refused: the owner.
    virtual result<void> remove_member(policy::workspace_id, policy::user_id, policy::user_id actor,
                                       policy::time_point) = 0;

    // -- groups
    virtual result<std::vector<group_record>> groups(policy::workspace_id) = 0;
    virtual result<group_record> group(policy::workspace_id, policy::group_id) = 0;
    // `id` is made by the store. conflict: the name is taken.
    virtual result<group_record> add_group(policy::workspace_id, const group_record&, policy::user_id actor,
                                           policy::time_point) = 0;
    virtual result<group_record> edit_group(policy::workspace_id, const group_record&, policy::user_id actor,
                                            policy::time_point) = 0;
    virtual result<void> remove_group(policy::workspace_id, policy::group_id, policy::user_id actor,
                                      policy::time_point) = 0;
    virtual result<std::vector<group_member_record>> group_members(policy::workspace_id, policy::group_id) = 0;
    // Adds, or sets whether they manage it.
    virtual result<group_member_record> set_group_member(policy::workspace_id, policy::group_id, policy::user_id,
                                                         bool manager, policy::user_id actor, policy::time_point) = 0;
    virtual result<void> remove_group_member(policy::workspace_id, policy::group_id, policy::user_id,
                                             policy::user_id actor, policy::time_point) = 0;

    // -- permission sets
    virtual result<std::vector<permission_set_record>> permission_sets(policy::workspace_id) = 0;
    virtual result<permission_set_record> permission_set(policy::workspace_id, policy::permission_set_id) = 0;
    virtual result<permission_set_record> add_permission_set(policy::workspace_id, const permission_set_record&,
                                                             policy::user_id actor, policy::time_point) = 0;
    // refused: it was made with the workspace.
    virtual result<permission_set_record> edit_permission_set(policy::workspace_id, const permission_set_record&,
                                                              policy::user_id actor, policy::time_point) = 0;
    // refused as above; conflict: somebody has it.
    virtual result<void> remove_permission_set(policy::workspace_id, policy::permission_set_id, policy::user_id actor,
                                               policy::time_point) = 0;

    // -- projects
    // Who makes it becomes its project manager, and who is to be assigned to new projects is. conflict: the handle is
    // taken.
    // Its secrets are there with it: `seal` is called with the new id inside the transaction, since the id is part of
    // what is sealed; it must not call the store.
    using project_sealer = std::function<std::vector<project_secret_record>(policy::project_id)>;
    virtual result<team_project_record> add_project(policy::workspace_id, team_project_record, policy::user_id actor,
                                                    policy::time_point, const project_sealer& seal) = 0;
    result<team_project_record> add_project(policy::workspace_id workspace, team_project_record project,
                                            policy::user_id actor, policy::time_point at) {
        return add_project(workspace, std::move(project), actor, at, nullptr);
    }
    virtual result<team_project_record> project(policy::workspace_id, const std::string& handle) = 0;
    virtual result<team_project_record> project_with(policy::workspace_id, policy::project_id) = 0;
    virtual result<team_project_record> project_numbered(policy::project_id) = 0;  // whichever workspace it is of
    virtual result<std::vector<team_project_record>> projects(policy::workspace_id, const page&) = 0;
    // What is sealed for one server must never be kept beside the address of another: settings and secrets change
    // together.
    struct project_change {
        facts before;                                // the settings that were seen
        std::vector<project_secret_record> secrets;  // with nothing sealed: it is taken away, if it is there
    };
    // conflict: the handle is taken, or the settings are not those that were seen any more.
    virtual result<team_project_record> edit_project(const team_project_record&, policy::user_id actor,
                                                     policy::time_point, const std::optional<project_change>&) = 0;
    result<team_project_record> edit_project(const team_project_record& project, policy::user_id actor,
                                             policy::time_point at) {
        return edit_project(project, actor, at, std::nullopt);
    }
    // Nobody sees it any more, and its pipelines can use nothing.
    virtual result<void> remove_project(policy::workspace_id, policy::project_id, policy::user_id actor,
                                        policy::time_point) = 0;
    virtual result<std::vector<project_role_record>> project_roles(policy::project_id) = 0;
    // The set that counts for this member: their own, else of their groups' the one with the highest pipeline level;
    // none: they have no role there. Owners and administrators: the project manager's.
    virtual result<std::optional<permission_set_record>> role_in_project(policy::workspace_id, policy::project_id,
                                                                         policy::user_id) = 0;
    virtual result<void> set_project_role(policy::workspace_id, policy::project_id, const project_role_record&,
                                          policy::user_id actor, policy::time_point) = 0;
    virtual result<void> remove_project_role(policy::workspace_id, policy::project_id, policy::user_id,
                                             policy::group_id, policy::user_id actor, policy::time_point) = 0;
};

}  // namespace latchkey::store
