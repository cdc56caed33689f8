// SPDX-License-Identifier: Apache-2.0
//
// latchkey workspace and project.
#include "runner/cli/remote/team_support.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

std::string workspace_at(const std::string& domain) {
    return "/workspaces/" + client::in_path(domain);
}

// A role is a member's or a group's.
struct holder {
    std::string path;  // ".../members" or ".../groups" of the project
    std::int64_t id = 0;
    std::string name;
};

result<holder> holder_named(place& p, const std::string& name) {
    auto project = p.project_path();
    if (!project) return project.error();
    const bool address = name.find('@') != std::string::npos;
    auto found = address ? p.member(name) : p.group(name);
    if (!found && !address && found.error().code == errc::not_found)
        return failure(errc::not_found, found.error().what + " (a member is named by the address)");
    if (!found) return found.error();
    return holder{*project + (address ? "/members" : "/groups"), number_in(*found, "id"), name};
}

std::string role_holder(const json& r) {
    const std::string email = text_in(r, "email");
    return plain(email.empty() ? text_in(r, "name") : email);
}

}  // namespace

int workspace_list(place& p, const team_args& args) {
    return show_list(p.c(), p.api().all("/workspaces", "workspaces"), "workspaces", args.json,
                     {{"WORKSPACE", [](const json& w) { return cell_of(w, "domain"); }},
                      {"NAME", [](const json& w) { return cell_of(w, "name"); }}},
                     "no workspaces yet: `latchkey workspace add DOMAIN` makes one");
}

int workspace_show(place& p, const team_args& args) {
    auto domain = args.name.empty() ? p.workspace() : result<std::string>(args.name);
    if (!domain) return p.c().fail(domain.error());
    return show_one(p.c(), p.api().get(workspace_at(*domain)), args.json,
                    {{"workspace", "domain"}, {"name", "name"}, {"made", "create_date"}});
}

int workspace_add(place& p, const team_args& args) {
    json body = {{"domain", args.name}};
    if (!args.title.empty()) body["name"] = args.title;
    return said_when_done(p, p.api().call("POST", "/workspaces", body), "added the workspace " + args.name);
}

int workspace_rm(place& p, const team_args& args) {
    auto found = p.api().get(workspace_at(args.name));
    if (!found) return p.c().fail(found.error());
    if (const auto stop =
            stopped_before_removing(p, "the workspace " + args.name + " with everything in it", args.yes))
        return *stop;
    return said_when_done(p, p.api().call("DELETE", workspace_at(args.name)), "removed the workspace " + args.name);
}

int project_list(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    return show_list(p.c(), p.api().all(*base + "/projects", "projects"), "projects", args.json,
                     {{"PROJECT", [](const json& x) { return cell_of(x, "name"); }},
                      {"NAME", [](const json& x) { return cell_of(x, "display_name"); }}},
                     "no projects yet: `latchkey project add NAME` makes one");
}

int project_show(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    auto name = args.name.empty() ? p.project() : result<std::string>(args.name);
    if (!name) return p.c().fail(name.error());
    return show_one(p.c(), p.api().get(*base + "/projects/" + client::in_path(*name)), args.json,
                    {{"project", "name"},
                     {"name", "display_name"},
                     {"default branch", "default_branch"},
                     {"http", "http_repository"},
                     {"ssh", "ssh_repository"},
                     {"made", "create_date"}});
}

int project_add(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    json body = {{"name", args.name}, {"display_name", args.title.empty() ? args.name : args.title}};
    if (!args.repository.empty()) body["custom_repo_url"] = args.repository;
    p.announce();
    return said_when_done(p, p.api().call("POST", *base + "/projects", body), "added the project " + args.name);
}

int project_rm(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    const std::string path = *base + "/projects/" + client::in_path(args.name);
    auto found = p.api().get(path);
    if (!found) return p.c().fail(found.error());
    if (const auto stop =
            stopped_before_removing(p, "the project " + args.name + " with its pipelines and runs", args.yes))
        return *stop;
    return said_when_done(p, p.api().call("DELETE", path), "removed the project " + args.name);
}

int project_role_list(place& p, const team_args& args) {
    auto base = p.project_path();
    if (!base) return p.c().fail(base.error());
    auto all = p.api().all(*base + "/members", "members");
    if (!all) return p.c().fail(all.error());
    auto groups = p.api().all(*base + "/groups", "groups");
    if (!groups) return p.c().fail(groups.error());
    all->insert(all->end(), groups->begin(), groups->end());
    return show_list(
        p.c(), all, "roles", args.json,
        {{"WHO", role_holder},
         {"ROLE", [](const json& r) { return cell_of(field(r, "permission_set"), "name"); }},
         {"PIPELINES", [](const json& r) { return cell_of(field(r, "permission_set"), "pipeline_access_level"); }}},
        "nobody has a role in the project");
}

int project_role_set(place& p, const team_args& args) {
    auto who = holder_named(p, args.name);
    if (!who) return p.c().fail(who.error());
    auto set = p.permission_set(args.role);
    if (!set) return p.c().fail(set.error());
    const json role = {{"id", number_in(*set, "id")}};
    const std::string one = who->path + "/" + std::to_string(who->id);
    p.announce();
    auto has = p.api().get(one);
    if (!has && has.error().code != errc::not_found) return p.c().fail(has.error());
    auto done = has ? p.api().call("PATCH", one, {{"permission_set", role}})
                    : p.api().call("POST", who->path, {{"id", who->id}, {"permission_set", role}});
    return said_when_done(p, done, who->name + " is " + text_in(*set, "name") + " in the project");
}

int project_role_rm(place& p, const team_args& args) {
    auto who = holder_named(p, args.name);
    if (!who) return p.c().fail(who.error());
    p.announce();
    return said_when_done(p, p.api().call("DELETE", who->path + "/" + std::to_string(who->id)),
                          who->name + " has no role in the project any more");
}

}  // namespace latchkey::cli::remote
