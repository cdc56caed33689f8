// SPDX-License-Identifier: Apache-2.0
//
// latchkey member and group.
#include "runner/cli/remote/team_support.hpp"

namespace latchkey::cli::remote {

namespace {

std::string role_of(const json& m) {
    if (flag_in(m, "workspace_owner")) return "owner";
    return flag_in(m, "admin") ? "administrator" : "member";
}

std::string id_of(const json& item) {
    return std::to_string(number_in(item, "id"));
}

// The address of a group, its name, and a member's number.
struct membership {
    std::string path;
    std::string group;
    std::int64_t member = 0;
};

result<membership> membership_of(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return base.error();
    auto group = p.group(args.name);
    if (!group) return group.error();
    auto member = p.member(args.member);
    if (!member) return member.error();
    return membership{*base + "/groups/" + id_of(*group) + "/members", text_in(*group, "name"),
                      number_in(*member, "id")};
}

}  // namespace

int member_list(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    return show_list(p.c(), p.api().all(*base + "/members", "members"), "members", args.json,
                     {{"EMAIL", [](const json& m) { return cell_of(m, "email"); }},
                      {"NAME", [](const json& m) { return cell_of(m, "name"); }},
                      {"ROLE", role_of},
                      {"ID", [](const json& m) { return cell_of(m, "id"); }}},
                     "no members");
}

int member_show(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    auto member = p.member(args.name);
    if (!member) return p.c().fail(member.error());
    return show_one(p.c(), p.api().get(*base + "/members/" + id_of(*member)), args.json,
                    {{"email", "email"},
                     {"name", "name"},
                     {"id", "id"},
                     {"administrator", "admin"},
                     {"owner", "workspace_owner"},
                     {"in new projects", "auto_assign_to_new_projects"}});
}

int member_add(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    p.announce();
    auto made = p.api().call("POST", *base + "/members", {{"email", args.name}});
    if (made && args.administrator)
        made = p.api().call("PATCH", *base + "/members/" + id_of(*made), {{"admin", true}});
    return said_when_done(p, made, "added " + args.name + (args.administrator ? " as an administrator" : ""));
}

int member_edit(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    if (args.administrator == args.no_administrator) return p.c().usage("say one of --admin and --no-admin");
    auto member = p.member(args.name);
    if (!member) return p.c().fail(member.error());
    p.announce();
    return said_when_done(
        p, p.api().call("PATCH", *base + "/members/" + id_of(*member), {{"admin", args.administrator}}),
        args.name + (args.administrator ? " is an administrator" : " is no administrator"));
}

int member_rm(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    auto member = p.member(args.name);
    if (!member) return p.c().fail(member.error());
    if (const auto stop = stopped_before_removing(p, args.name + " from the workspace", args.yes)) return *stop;
    return said_when_done(p, p.api().call("DELETE", *base + "/members/" + id_of(*member)), "removed " + args.name);
}

int group_list(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    return show_list(p.c(), p.api().all(*base + "/groups", "groups"), "groups", args.json,
                     {{"GROUP", [](const json& g) { return cell_of(g, "name"); }},
                      {"DESCRIPTION", [](const json& g) { return cell_of(g, "description"); }},
                      {"ID", [](const json& g) { return cell_of(g, "id"); }}},
                     "no groups yet: `latchkey group add NAME` makes one");
}

int group_show(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    auto group = p.group(args.name);
    if (!group) return p.c().fail(group.error());
    return show_list(
        p.c(), p.api().all(*base + "/groups/" + id_of(*group) + "/members", "members"), "members", args.json,
        {{"EMAIL", [](const json& m) { return cell_of(m, "email"); }},
         {"NAME", [](const json& m) { return cell_of(m, "name"); }},
         {"IN THE GROUP",
          [](const json& m) { return std::string(text_in(m, "status") == "MANAGER" ? "manager" : "member"); }}},
        "nobody is in the group " + plain(args.name));
}

int group_add(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    json body = {{"name", args.name}};
    if (!args.description.empty()) body["description"] = args.description;
    p.announce();
    return said_when_done(p, p.api().call("POST", *base + "/groups", body), "added the group " + args.name);
}

int group_rm(place& p, const team_args& args) {
    auto base = p.workspace_path();
    if (!base) return p.c().fail(base.error());
    auto group = p.group(args.name);
    if (!group) return p.c().fail(group.error());
    if (const auto stop =
            stopped_before_removing(p, "the group " + args.name + " with what it has roles and levels for", args.yes))
        return *stop;
    return said_when_done(p, p.api().call("DELETE", *base + "/groups/" + id_of(*group)),
                          "removed the group " + args.name);
}

int group_join(place& p, const team_args& args) {
    auto m = membership_of(p, args);
    if (!m) return p.c().fail(m.error());
    p.announce();
    return said_when_done(
        p, p.api().call("POST", m->path, {{"id", m->member}, {"status", args.manager ? "MANAGER" : "MEMBER"}}),
        args.member + " is in " + m->group + (args.manager ? " and manages it" : ""));
}

int group_leave(place& p, const team_args& args) {
    auto m = membership_of(p, args);
    if (!m) return p.c().fail(m.error());
    p.announce();
    return said_when_done(p, p.api().call("DELETE", m->path + "/" + std::to_string(m->member)),
                          args.member + " is in " + m->group + " no more");
}

}  // namespace latchkey::cli::remote
