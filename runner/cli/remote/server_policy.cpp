// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/server_policy.hpp"

#include "pipelines/catalogue.hpp"

#include <algorithm>

namespace latchkey::cli::remote {

namespace {

using names = std::map<std::int64_t, std::string>;

class policy_scan {
public:
    policy_scan(place& p, std::string base) : p_(p), base_(std::move(base)) {}

    result<server_policy> run() {
        for (const auto step : {&policy_scan::read_members, &policy_scan::read_groups, &policy_scan::read_roles,
                                &policy_scan::read_projects, &policy_scan::read_integrations})
            if (auto done = (this->*step)(); !done) return done.error();
        return std::move(found_);
    }

private:
    result<void> read_members() {
        auto all = p_.api().all(base_ + "/members", "members");
        if (!all) return all.error();
        for (const json& m : *all) {
            const std::string email = text_in(m, "email");
            if (email.empty())
                return failure(errc::denied,
                               "the token may not read the addresses of members, and this names people "
                               "by them: it needs the scope MEMBER_EMAIL");
            found_.members[email] = number_in(m, "id");
            people_[number_in(m, "id")] = email;
        }
        return {};
    }

    result<void> read_groups() {
        auto all = p_.api().all(base_ + "/groups", "groups");
        if (!all) return all.error();
        for (const json& g : *all) {
            group_policy group;
            group.name = text_in(g, "name");
            group.description = text_in(g, "description");
            const auto id = number_in(g, "id");
            found_.groups[group.name] = id;
            groups_[id] = group.name;
            auto members = p_.api().all(base_ + "/groups/" + std::to_string(id) + "/members", "members");
            if (!members) return members.error();
            for (const json& m : *members) group.members[text_in(m, "email")] = text_in(m, "status") == "MANAGER";
            found_.now.groups.push_back(std::move(group));
        }
        std::ranges::sort(found_.now.groups, {}, &group_policy::name);
        return {};
    }

    result<void> read_roles() {
        auto all = p_.api().all(base_ + "/permissions", "permission_sets");
        if (!all) return all.error();
        for (const json& s : *all) found_.roles[text_in(s, "name")] = number_in(s, "id");
        return {};
    }

    result<void> read_projects() {
        auto all = p_.api().all(base_ + "/projects", "projects");
        if (!all) return all.error();
        for (const json& each : *all) {
            project_policy project;
            project.name = text_in(each, "name");
            const std::string path = base_ + "/projects/" + client::in_path(project.name);
            auto pipelines = p_.api().all(path + "/pipelines", "pipelines");
            if (!pipelines) return pipelines.error();
            for (const json& x : *pipelines) {
                const std::string name = project.name + "/" + text_in(x, "name");
                if (!found_.pipelines.emplace(name, number_in(x, "id")).second)
                    return failure(errc::conflict, "there are two pipelines " + name + ": rename one");
            }
            auto members = p_.api().all(path + "/members", "members");
            if (!members) return members.error();
            for (const json& m : *members)
                project.members[text_in(m, "email")] = text_in(field(m, "permission_set"), "name");
            auto groups = p_.api().all(path + "/groups", "groups");
            if (!groups) return groups.error();
            for (const json& g : *groups)
                project.groups[text_in(g, "name")] = text_in(field(g, "permission_set"), "name");
            found_.now.projects.push_back(std::move(project));
        }
        std::ranges::sort(found_.now.projects, {}, &project_policy::name);
        return {};
    }

    static void read_rows(const json& permissions, const char* list, const names& known,
                          std::map<std::string, std::string>& into) {
        for (const json& row : list_in(permissions, list))
            if (const auto name = known.find(number_in(row, "id")); name != known.end())
                into[name->second] = text_in(row, "access_level");
    }

    result<void> read_integrations() {
        auto all = p_.api().all(base_ + "/integrations", "integrations");
        if (!all) return all.error();
        for (const json& each : *all) {
            integration_policy i;
            i.identifier = text_in(each, "identifier");
            i.name = text_in(each, "name");
            i.type = text_in(each, "type");
            i.auth_type = text_in(each, "auth_type");
            i.project = text_in(each, "scope") == "PROJECT" ? text_in(each, "project_name") : "";
            i.all_pipelines = flag_in(each, "all_pipelines_allowed");
            i.demand = text_in(each, "demanded_to_grant");
            const json& permissions = field(each, "permissions");
            i.admins = text_in(permissions, "admins");
            i.others = text_in(permissions, "others");
            read_rows(permissions, "users", people_, i.users);
            read_rows(permissions, "groups", groups_, i.groups);
            if (const auto* type = pipelines::find_integration_type(i.type))
                for (const auto& f : type->fields)
                    if (const std::string value = text_in(each, f.name.c_str()); !f.secret && !value.empty())
                        i.settings[f.name] = value;
            const std::string hash = text_in(each, "hash_id");
            found_.integrations[i.identifier] = hash;
            auto grants = p_.api().all(own(base_) + "/integrations/" + client::in_path(hash) + "/grants", "grants");
            if (!grants) return grants.error();
            for (const json& g : *grants) {
                // Those of one run go with it.
                if (number_in(g, "only_execution") > 0) continue;
                const json& pipeline = field(g, "pipeline");
                i.pipelines.insert({text_in(pipeline, "project_name") + "/" + text_in(pipeline, "name"),
                                    text_in(g, "ref"), text_in(g, "expires_at")});
            }
            found_.now.integrations.push_back(std::move(i));
        }
        std::ranges::sort(found_.now.integrations, {}, &integration_policy::identifier);
        return {};
    }

    place& p_;
    std::string base_;
    server_policy found_;
    names people_;
    names groups_;
};

}  // namespace

result<server_policy> read_policy(place& p) {
    auto base = p.workspace_path();
    if (!base) return base.error();
    auto workspace = p.workspace();
    if (!workspace) return workspace.error();
    auto found = policy_scan(p, *base).run();
    if (found) found->now.workspace = *workspace;
    return found;
}

}  // namespace latchkey::cli::remote
