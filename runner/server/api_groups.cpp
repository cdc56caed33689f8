// SPDX-License-Identifier: Apache-2.0
// Groups and who is in them (rest-api §4).
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

result<policy::group_id> group_in(const call& c) {
    const auto number = c.number("group");
    if (!number) return number.error();
    return policy::group_id(*number);
}

void fill(store::group_record& g, input& in) {
    if (const auto name = in.text("name")) g.name = *name;
    if (const auto text = in.text("description")) g.description = *text;
    if (const auto assign = in.flag("auto_assign_to_new_projects")) g.auto_assign = *assign;
    if (const auto set = in.number("auto_assign_permission_set_id")) g.auto_set = policy::permission_set_id(*set);
}

json view(const call& c, policy::group_id group, const store::group_member_record& m) {
    json v = server::view(c, m.member, true);
    v["status"] = m.manager ? "MANAGER" : "MEMBER";
    v["url"] = c.workspace_url() + "/groups/" + std::to_string(group.value()) + "/members/" +
               std::to_string(m.member.user.rights.id.value());
    return v;
}

std::optional<bool> manager_in(input& in) {
    const auto status = in.text("status");
    if (status && *status != "MANAGER" && *status != "MEMBER") in.refuse("`status` must be MEMBER or MANAGER");
    return status ? std::optional(*status == "MANAGER") : std::nullopt;
}

result<answer> set_member(call& c, policy::group_id group, policy::user_id user, bool manager, int status) {
    auto set = c.server.stores.people->set_group_member(c.workspace->id, group, user, manager, c.actor(), c.now());
    if (!set) return set.error();
    return answer{status, view(c, group, *set), {}};
}

result<store::group_member_record> member_of(const call& c, policy::group_id group) {
    const auto number = c.number("member");
    if (!number) return number.error();
    auto all = c.server.stores.people->group_members(c.workspace->id, group);
    if (!all) return all.error();
    for (auto& m : *all)
        if (m.member.user.rights.id.value() == *number) return std::move(m);
    return failure(errc::not_found, "there is no such member");
}

}  // namespace

result<answer> list_groups(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = c.server.stores.people->groups(c.workspace->id);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& g : *all) items.push_back(server::view(c, g));
    return answer{200, list_of(c.workspace_url() + "/groups", "groups", page_of(std::move(items), *page)), {}};
}

result<answer> get_group(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    auto found = c.server.stores.people->group(c.workspace->id, *id);
    if (!found) return found.error();
    return answer{200, server::view(c, *found), {}};
}

result<answer> add_group(call& c) {
    input in(c.body);
    store::group_record wanted;
    fill(wanted, in);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto made = c.server.stores.people->add_group(c.workspace->id, wanted, c.actor(), c.now());
    if (!made) return made.error();
    return answer{201, server::view(c, *made), {}};
}

result<answer> edit_group(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    auto known = c.server.stores.people->group(c.workspace->id, *id);
    if (!known) return known.error();
    input in(c.body);
    fill(*known, in);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto edited = c.server.stores.people->edit_group(c.workspace->id, *known, c.actor(), c.now());
    if (!edited) return edited.error();
    return answer{200, server::view(c, *edited), {}};
}

result<answer> remove_group(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    if (auto done = c.server.stores.people->remove_group(c.workspace->id, *id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

result<answer> list_group_members(call& c) {
    const auto id = group_in(c);
    const auto page = c.page();
    if (!id) return id.error();
    if (!page) return page.error();
    auto all = c.server.stores.people->group_members(c.workspace->id, *id);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& m : *all) items.push_back(view(c, *id, m));
    return answer{200,
                  list_of(c.workspace_url() + "/groups/" + std::to_string(id->value()) + "/members", "members",
                          page_of(std::move(items), *page)),
                  {}};
}

result<answer> get_group_member(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    auto found = member_of(c, *id);
    if (!found) return found.error();
    return answer{200, view(c, *id, *found), {}};
}

result<answer> add_group_member(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    input in(c.body);
    const auto user = in.number("id");
    const auto manager = manager_in(in);
    if (!user) in.refuse("`id` is missing: say which member");
    if (auto fine = in.checked(); !fine) return fine.error();
    return set_member(c, *id, policy::user_id(*user), manager.value_or(false), 201);
}

result<answer> edit_group_member(call& c) {
    const auto id = group_in(c);
    if (!id) return id.error();
    auto known = member_of(c, *id);
    if (!known) return known.error();
    input in(c.body);
    const auto manager = manager_in(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    return set_member(c, *id, known->member.user.rights.id, manager.value_or(known->manager), 200);
}

result<answer> remove_group_member(call& c) {
    const auto id = group_in(c);
    const auto user = c.number("member");
    if (!id) return id.error();
    if (!user) return user.error();
    if (auto done = c.server.stores.people->remove_group_member(c.workspace->id, *id, policy::user_id(*user),
                                                                c.actor(), c.now());
        !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
