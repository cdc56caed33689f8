// SPDX-License-Identifier: Apache-2.0
//
// The directory over SQL, in the same database as the store. Spread by concept over sql_people.cpp,
// sql_workspaces.cpp, sql_groups.cpp, sql_permission_sets.cpp and sql_projects.cpp. Any thread may call.
#pragma once

#include "runner/store/directory.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_directory final : public directory {
public:
    explicit sql_directory(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}

    result<user_record> user_with_email(const std::string& email, const std::string& name) override;
    result<user_record> find_user(const std::string& email) override;
    result<void> rename_user(policy::user_id, const std::string& name) override;
    result<std::optional<std::string>> password_of(policy::user_id) override;
    result<void> set_password(policy::user_id, const std::string& hash, policy::user_id actor,
                              policy::time_point) override;

    result<workspace_record> add_workspace(const std::string& domain, const std::string& name, policy::user_id owner,
                                           policy::time_point) override;
    result<workspace_record> workspace(const std::string& domain) override;
    result<std::vector<workspace_record>> workspaces_of(policy::user_id) override;
    result<std::int64_t> count_workspaces() override;
    result<workspace_record> rename_workspace(policy::workspace_id, const std::string& name, policy::user_id actor,
                                              policy::time_point) override;
    result<void> remove_workspace(policy::workspace_id, policy::user_id actor, policy::time_point) override;

    result<member_record> member(policy::workspace_id, policy::user_id) override;
    result<std::vector<member_record>> members(policy::workspace_id, const page&) override;
    result<member_record> add_member(policy::workspace_id, const std::string& email, policy::user_id actor,
                                     policy::time_point) override;
    result<member_record> edit_member(policy::workspace_id, policy::user_id, const member_change&,
                                      policy::user_id actor, policy::time_point) override;
    result<void> remove_member(policy::workspace_id, policy::user_id, policy::user_id actor,
                               policy::time_point) override;

    result<std::vector<group_record>> groups(policy::workspace_id) override;
    result<group_record> group(policy::workspace_id, policy::group_id) override;
    result<group_record> add_group(policy::workspace_id, const group_record&, policy::user_id actor,
                                   policy::time_point) override;
    result<group_record> edit_group(policy::workspace_id, const group_record&, policy::user_id actor,
                                    policy::time_point) override;
    result<void> remove_group(policy::workspace_id, policy::group_id, policy::user_id actor,
                              policy::time_point) override;
    result<std::vector<group_member_record>> group_members(policy::workspace_id, policy::group_id) override;
    result<group_member_record> set_group_member(policy::workspace_id, policy::group_id, policy::user_id,
                                                 bool manager, policy::user_id actor, policy::time_point) override;
    result<void> remove_group_member(policy::workspace_id, policy::group_id, policy::user_id, policy::user_id actor,
                                     policy::time_point) override;

    result<std::vector<permission_set_record>> permission_sets(policy::workspace_id) override;
    result<permission_set_record> permission_set(policy::workspace_id, policy::permission_set_id) override;
    result<permission_set_record> add_permission_set(policy::workspace_id, const permission_set_record&,
                                                     policy::user_id actor, policy::time_point) override;
    result<permission_set_record> edit_permission_set(policy::workspace_id, const permission_set_record&,
                                                      policy::user_id actor, policy::time_point) override;
    result<void> remove_permission_set(policy::workspace_id, policy::permission_set_id, policy::user_id actor,
                                       policy::time_point) override;

    result<team_project_record> add_project(policy::workspace_id, team_project_record, policy::user_id actor,
                                            policy::time_point, const project_sealer& seal) override;
    result<team_project_record> project(policy::workspace_id, const std::string& handle) override;
    result<team_project_record> project_with(policy::workspace_id, policy::project_id) override;
    result<team_project_record> project_numbered(policy::project_id) override;
    result<std::vector<team_project_record>> projects(policy::workspace_id, const page&) override;
    result<team_project_record> edit_project(const team_project_record&, policy::user_id actor, policy::time_point,
                                             const std::optional<project_change>&) override;
    result<void> remove_project(policy::workspace_id, policy::project_id, policy::user_id actor,
                                policy::time_point) override;
    result<std::vector<project_role_record>> project_roles(policy::project_id) override;
    result<std::optional<permission_set_record>> role_in_project(policy::workspace_id, policy::project_id,
                                                                 policy::user_id) override;
    result<void> set_project_role(policy::workspace_id, policy::project_id, const project_role_record&,
                                  policy::user_id actor, policy::time_point) override;
    result<void> remove_project_role(policy::workspace_id, policy::project_id, policy::user_id, policy::group_id,
                                     policy::user_id actor, policy::time_point) override;

private:
    template <class Body>
    auto write(Body&& body) {
        return database_->write(std::forward<Body>(body));
    }
    template <class Body>
    auto read(Body&& body) {
        return database_->read(std::forward<Body>(body));
    }

    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
