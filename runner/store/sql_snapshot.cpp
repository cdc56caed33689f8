// SPDX-License-Identifier: Apache-2.0
// The facts that decisions are taken from: of one workspace, so that nothing of another is a fact.
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"

#include <map>

namespace latchkey::store {
namespace {

using grant_row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                             std::optional<std::int64_t>, std::string, std::int64_t>;

policy::grant grant_from(const grant_row& row) {
    const auto& [id, integration, pipeline, by, at, from_run, expires, ref_pattern, only_run] = row;
    policy::grant grant;
    grant.id = policy::grant_id(id);
    grant.integration = policy::integration_id(integration);
    grant.pipeline = policy::pipeline_id(pipeline);
    grant.granted_by = policy::user_id(by);
    grant.granted_at = from_stored(at);
    grant.from_run = policy::run_id(from_run);
    grant.expires = from_stored(expires);
    grant.ref_pattern = ref_pattern;
    grant.only_run = policy::run_id(only_run);
    return grant;
}

policy::workspace_id workspace_of(sql_connection& in, policy::pipeline_id pipeline,
                                  std::span<const policy::integration_id> integrations) {
    auto row = in.one<std::int64_t>(
        "SELECT workspace FROM projects JOIN pipelines ON pipelines.project = projects.id WHERE pipelines.id = :id",
        pipeline.value());
    if (!row && !integrations.empty())
        row = in.one<std::int64_t>("SELECT workspace FROM integrations WHERE id = :id", integrations.front().value());
    return row ? policy::workspace_id(std::get<0>(*row)) : policy::workspace_id();
}

void add_users(sql_connection& in, policy::workspace_id workspace, policy::snapshot_builder& to) {
    std::map<std::int64_t, std::vector<policy::group_id>> groups;
    for (const auto& [user, group] :
         in.rows<std::int64_t, std::int64_t>("SELECT user_id, group_id FROM group_members JOIN user_groups ON "
                                             "user_groups.id = group_members.group_id "
                                             "WHERE workspace = :workspace ORDER BY user_id, group_id",
                                             workspace.value()))
        groups[user].emplace_back(group);
    for (const auto& [id, role] :
         in.rows<std::int64_t, std::int64_t>("SELECT user_id, role FROM members JOIN workspaces ON workspaces.id = "
                                             "members.workspace WHERE workspace = "
                                             ":workspace AND removed_at IS NULL ORDER BY user_id",
                                             workspace.value())) {
        policy::user user;
        user.id = policy::user_id(id);
        user.role = enum_from(role, policy::workspace_role::owner);
        if (const auto of = groups.find(id); of != groups.end()) user.groups = std::move(of->second);
        to.add(std::move(user));
    }
}

void add_pipeline(sql_connection& in, const pipeline_record& known, policy::snapshot_builder& to) {
    policy::pipeline fact;
    fact.id = known.id;
    fact.project = known.project;
    const auto others = in.one<std::int64_t>("SELECT others FROM pipelines WHERE id = :id", known.id.value());
    fact.others = enum_from(others ? std::get<0>(*others) : 0, policy::pipeline_level::read_write);
    for (const auto& [is_group, holder, level] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
             "SELECT is_group, holder, level FROM pipeline_rows WHERE pipeline = :id ORDER BY is_group, holder",
             known.id.value())) {
        const auto access = enum_from(level, policy::pipeline_level::read_write);
        if (is_group != 0)
            fact.groups.push_back({policy::group_id(holder), access});
        else
            fact.users.push_back({policy::user_id(holder), access});
    }
    to.add(std::move(fact));
    for (const auto& [is_group, holder, level] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
             "SELECT is_group, holder, pipeline_level FROM project_members JOIN permission_sets ON "
             "permission_sets.id = "
             "project_members.permission_set WHERE project = :project ORDER BY is_group, holder",
             known.project.value())) {
        policy::project_member member;
        member.project = known.project;
        if (is_group != 0)
            member.group = policy::group_id(holder);
        else
            member.user = policy::user_id(holder);
        member.access = enum_from(level, policy::pipeline_level::read_write);
        to.add(member);
    }
}

}  // namespace

std::vector<policy::grant> load_grants(sql_connection& in, policy::integration_id integration) {
    std::vector<policy::grant> found;
    for (const auto& row : in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                   std::optional<std::int64_t>, std::string, std::int64_t>(
             "SELECT id, integration, pipeline, granted_by, granted_at, from_run, expires, ref_pattern, only_run "
             "FROM grants WHERE integration = :integration ORDER BY id",
             integration.value()))
        found.push_back(grant_from(row));
    return found;
}

policy::snapshot load_snapshot(sql_connection& in, policy::pipeline_id pipeline,
                               std::span<const policy::integration_id> integrations) {
    policy::snapshot_builder builder(current_revision(in));
    const auto workspace = workspace_of(in, pipeline, integrations);
    add_users(in, workspace, builder);
    // A retired pipeline is no fact: what is left of it can use nothing.
    const auto known = load_pipeline(in, pipeline);
    if (known && !known->retired) add_pipeline(in, *known, builder);
    for (const auto id : integrations) {
        const auto of = in.one<std::int64_t>("SELECT workspace FROM integrations WHERE id = :id", id.value());
        auto rights = of && std::get<0>(*of) == workspace.value() ? load_rights(in, id) : std::nullopt;
        if (!rights) continue;
        builder.add(std::move(*rights));
        if (!pipeline.valid()) continue;
        for (const auto& row : in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                       std::int64_t, std::optional<std::int64_t>, std::string, std::int64_t>(
                 "SELECT id, integration, pipeline, granted_by, granted_at, from_run, expires, ref_pattern, only_run "
                 "FROM grants WHERE integration = :integration AND pipeline = :pipeline ORDER BY id",
                 id.value(), pipeline.value()))
            builder.add(grant_from(row));
    }
    return std::move(builder).build();
}

result<policy::snapshot> sql_store::snapshot(policy::pipeline_id pipeline,
                                             std::span<const policy::integration_id> integrations) {
    return read(
        [&](sql_connection& in) -> result<policy::snapshot> { return load_snapshot(in, pipeline, integrations); });
}

}  // namespace latchkey::store
