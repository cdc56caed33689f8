// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/policy_plan.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/diagnostic.hpp"
#include "runner/cli/remote/policy_changes.hpp"

#include <algorithm>

namespace latchkey::cli::remote {

namespace {

class planner {
public:
    planner(place& p, server_policy& now, const policy_document& wanted, policy::time_point at)
        : p_(p), now_(now), wanted_(wanted), at_(at) {}

    result<policy_plan> run(bool prune) {
        auto base = p_.workspace_path();
        if (!base) return base.error();
        base_ = *base;
        for (const group_policy& g : wanted_.groups) plan_group(g);
        for (const integration_policy& i : wanted_.integrations) plan_integration(i);
        for (const project_policy& each : wanted_.projects) plan_project(each);
        if (!wrong_.empty()) return failure(errc::usage, wrong_);
        plan_rest(prune);
        return std::move(plan_);
    }

private:
    void refuse(const std::string& why) { wrong_ += (wrong_.empty() ? "" : "\n") + why; }

    void add(std::vector<std::string> lines, std::function<result<void>()> act) {
        plan_.steps.push_back({std::move(lines), std::move(act)});
    }

    bool group_known(const std::string& name) const {
        return now_.groups.contains(name) ||
               std::ranges::find(wanted_.groups, name, &group_policy::name) != wanted_.groups.end();
    }

    template <class Map>
    void check_people(const Map& map, const std::string& where) {
        for (const auto& [email, ignored] : map)
            if (!now_.members.contains(email))
                refuse(where + ": " + email + " is no member of the workspace: `latchkey member add " + email + "`");
    }
    template <class Map>
    void check_groups(const Map& map, const std::string& where) {
        for (const auto& [name, ignored] : map)
            if (!group_known(name)) refuse(where + ": there is no group \"" + name + "\"");
    }

    void plan_group(const group_policy& g) {
        const std::string what = "group " + g.name;
        check_people(g.members, what);
        const auto known = std::ranges::find(now_.now.groups, g.name, &group_policy::name);
        const std::size_t before = plan_.steps.size();
        group_policy has;
        has.description = g.description;
        if (known != now_.now.groups.end()) {
            has = *known;
        } else {
            add({"+ " + what}, [this, g]() -> result<void> {
                auto made =
                    p_.api().call("POST", base_ + "/groups", {{"name", g.name}, {"description", g.description}});
                if (!made) return made.error();
                now_.groups[g.name] = number_in(*made, "id");
                return {};
            });
        }
        if (has.description != g.description)
            add({"~ " + what + ": description"}, [this, g]() -> result<void> {
                return call("PATCH", group_path(g.name), {{"description", g.description}});
            });
        for (const auto& [email, manager] : g.members) {
            const auto old = has.members.find(email);
            if (old != has.members.end() && old->second == manager) continue;
            add({(old == has.members.end() ? "+ " : "~ ") + what + ": " + email +
                 (manager ? ", who manages it" : "")},
                [this, name = g.name, member = email, manages = manager]() -> result<void> {
                    return call("POST", group_path(name) + "/members",
                                {{"id", now_.members.at(member)}, {"status", manages ? "MANAGER" : "MEMBER"}});
                });
        }
        for (const auto& [email, manager] : has.members)
            if (!g.members.contains(email))
                add({"- " + what + ": " + email}, [this, name = g.name, member = email]() -> result<void> {
                    return call("DELETE", group_path(name) + "/members/" + std::to_string(now_.members.at(member)));
                });
        if (plan_.steps.size() == before) ++plan_.unchanged;
    }

    void plan_integration(const integration_policy& i) {
        const std::string what = "integration " + i.identifier;
        check_people(i.users, what);
        check_groups(i.groups, what);
        for (const allowed_pipeline& a : i.pipelines)
            if (!now_.pipelines.contains(a.pipeline)) refuse(what + ": there is no pipeline " + a.pipeline);
        if (pipelines::find_integration_type(i.type) == nullptr)
            return refuse(what + ": there is no integration type \"" + i.type + "\"");
        const auto known = std::ranges::find(now_.now.integrations, i.identifier, &integration_policy::identifier);
        if (known == now_.now.integrations.end()) return plan_new(i);
        if (known->type != i.type || known->project != i.project)
            return refuse(what + ": its type and scope can't be changed: remove it, and add it anew");
        const std::size_t before = plan_.steps.size();
        auto lines = changes_between(*known, i);
        for (std::string& line : lines) line = "~ " + what + ": " + line;
        if (!lines.empty()) add(std::move(lines), [this, i]() -> result<void> { return change(i); });
        plan_pipelines(*known, i);
        if (plan_.steps.size() == before) ++plan_.unchanged;
    }

    void plan_new(const integration_policy& i) {
        if (needs_secrets(i)) {
            plan_.by_hand.emplace_back(i.identifier, command_that_adds(i));
            return;
        }
        add({"+ integration " + i.identifier}, [this, i]() -> result<void> {
            json body = body_of(i, now_.members, now_.groups);
            body["identifier"] = i.identifier;
            body["type"] = i.type;
            body["scope"] = i.project.empty() ? "WORKSPACE" : "PROJECT";
            if (!i.project.empty()) body["project_name"] = i.project;
            auto made = p_.api().call("POST", base_ + "/integrations", body);
            if (!made) return made.error();
            now_.integrations[i.identifier] = text_in(*made, "hash_id");
            return {};
        });
        plan_pipelines({}, i);
    }

    void plan_pipelines(const integration_policy& has, const integration_policy& wants) {
        for (pipeline_change& change : pipelines_between(has.pipelines, wants.pipelines, at_)) {
            if (!now_.pipelines.contains(change.pipeline)) {
                if (change.revoke)
                    refuse("integration " + wants.identifier + ": " + change.pipeline +
                           " may use it, and you may not see that pipeline: it can't be changed by you");
                continue;  // where it is not there, that was said
            }
            std::vector<std::string> lines;
            for (const std::string& line : change.lines)
                lines.push_back(line.substr(0, 2) + "integration " + wants.identifier + ": " + line.substr(2));
            add(std::move(lines), [this, identifier = wants.identifier, change]() -> result<void> {
                const std::string grants = own(integration_path(identifier)) + "/grants";
                const auto id = now_.pipelines.at(change.pipeline);
                if (change.revoke)
                    if (auto done = call("DELETE", grants + "/" + std::to_string(id)); !done) return done;
                for (const allowed_pipeline& a : change.add) {
                    json body = {{"pipeline_id", id}};
                    if (!a.ref.empty()) body["ref"] = a.ref;
                    if (!a.expires.empty()) body["expires_at"] = a.expires;
                    if (auto done = call("POST", grants, body); !done) return done;
                }
                return {};
            });
        }
    }

    void plan_project(const project_policy& wants) {
        const auto known = std::ranges::find(now_.now.projects, wants.name, &project_policy::name);
        if (known == now_.now.projects.end())
            return refuse("there is no project \"" + wants.name + "\": `latchkey project add " + wants.name + "`");
        const std::string what = "project " + wants.name;
        check_people(wants.members, what);
        check_groups(wants.groups, what);
        const std::size_t before = plan_.steps.size();
        const std::string path = base_ + "/projects/" + client::in_path(wants.name);
        plan_roles(what, path + "/members", known->members, wants.members, now_.members);
        plan_roles(what, path + "/groups", known->groups, wants.groups, now_.groups);
        if (plan_.steps.size() == before) ++plan_.unchanged;
    }

    void plan_roles(const std::string& what, const std::string& path, const std::map<std::string, std::string>& has,
                    const std::map<std::string, std::string>& wants, const std::map<std::string, std::int64_t>& ids) {
        for (const auto& [who, role] : wants) {
            const auto set = now_.roles.find(role);
            if (set == now_.roles.end()) {
                refuse(what + ": there is no role \"" + role + "\"");
                continue;
            }
            const auto old = has.find(who);
            if (old != has.end() && old->second == role) continue;
            const json role_id = {{"id", set->second}};
            const bool fresh = old == has.end();
            add({(fresh ? "+ " : "~ ") + what + ": " + who + " is " + role},
                [this, path, holder = who, role_id, fresh, &ids]() -> result<void> {
                    const auto id = ids.at(holder);
                    if (fresh) return call("POST", path, {{"id", id}, {"permission_set", role_id}});
                    return call("PATCH", path + "/" + std::to_string(id), {{"permission_set", role_id}});
                });
        }
        for (const auto& [who, role] : has)
            if (!wants.contains(who))
                add({"- " + what + ": " + who + ", who is " + role},
                    [this, path, holder = who, &ids]() -> result<void> {
                        return call("DELETE", path + "/" + std::to_string(ids.at(holder)));
                    });
    }

    // What the file does not name.
    void plan_rest(bool prune) {
        for (const integration_policy& i : now_.now.integrations) {
            if (std::ranges::find(wanted_.integrations, i.identifier, &integration_policy::identifier) !=
                wanted_.integrations.end())
                continue;
            if (!prune) {
                plan_.unnamed.push_back("integration " + i.identifier);
                continue;
            }
            add({"- integration " + i.identifier + ", its secrets too"},
                [this, id = i.identifier]() -> result<void> { return call("DELETE", integration_path(id)); });
        }
        for (const group_policy& g : now_.now.groups) {
            if (std::ranges::find(wanted_.groups, g.name, &group_policy::name) != wanted_.groups.end()) continue;
            if (!prune) {
                plan_.unnamed.push_back("group " + g.name);
                continue;
            }
            add({"- group " + g.name},
                [this, name = g.name]() -> result<void> { return call("DELETE", group_path(name)); });
        }
    }

    result<void> change(const integration_policy& i) {
        return call("PATCH", integration_path(i.identifier), body_of(i, now_.members, now_.groups));
    }

    std::string group_path(const std::string& name) const {
        return base_ + "/groups/" + std::to_string(now_.groups.at(name));
    }
    std::string integration_path(const std::string& identifier) const {
        return base_ + "/integrations/" + client::in_path(now_.integrations.at(identifier));
    }
    result<void> call(const std::string& method, const std::string& path, const json& body = nullptr) const {
        auto done = p_.api().call(method, path, body);
        if (!done) return done.error();
        return {};
    }

    place& p_;
    server_policy& now_;
    const policy_document& wanted_;
    policy::time_point at_;
    std::string base_;
    std::string wrong_;
    policy_plan plan_;
};

}  // namespace

int policy_plan::changes() const {
    std::size_t count = 0;
    for (const policy_step& s : steps) count += s.lines.size();
    return static_cast<int>(count);
}

result<policy_plan> plan_policy(place& p, server_policy& now, const policy_document& wanted, bool prune,
                                policy::time_point at) {
    // The steps refer to it.
    auto work = std::make_shared<planner>(p, now, wanted, at);
    auto plan = work->run(prune);
    if (plan) plan->keep = std::move(work);
    return plan;
}

}  // namespace latchkey::cli::remote
