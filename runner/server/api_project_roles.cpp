// SPDX-License-Identifier: Apache-2.0
// Members and groups of a project, each with a permission set (rest-api §5).
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

enum class kind : unsigned char { members, groups };

std::int64_t holder_of(const store::project_role_record& r) {
    return r.group.valid() ? r.group.value() : r.user.value();
}

result<json> view_role(const call& c, const store::project_role_record& r) {
    json v;
    if (r.group.valid()) {
        auto group = c.server.stores.people->group(c.workspace->id, r.group);
        if (!group) return group.error();
        v = view(c, *group);
    } else {
        auto member = c.server.stores.people->member(c.workspace->id, r.user);
        if (!member) return member.error();
        v = view(c, *member, true);
    }
    v["url"] = c.project_url() + (r.group.valid() ? "/groups/" : "/members/") + std::to_string(holder_of(r));
    v["permission_set"] = view(c, r.set);
    return v;
}

result<std::vector<store::project_role_record>> roles(const call& c, kind k) {
    auto all = c.server.stores.people->project_roles(c.project->id);
    if (!all) return all.error();
    std::erase_if(*all, [k](const auto& r) { return r.group.valid() != (k == kind::groups); });
    return all;
}

result<answer> list(call& c, kind k) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = roles(c, k);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& r : *all)
        if (auto v = view_role(c, r)) items.push_back(std::move(*v));
    const std::string name = k == kind::groups ? "groups" : "members";
    return answer{200, list_of(c.project_url() + "/" + name, name, page_of(std::move(items), *page)), {}};
}

result<store::project_role_record> role_at(const call& c, kind k) {
    const auto id = c.number(k == kind::groups ? "group" : "member");
    if (!id) return id.error();
    auto all = roles(c, k);
    if (!all) return all.error();
    for (auto& r : *all)
        if (holder_of(r) == *id) return std::move(r);
    return failure(errc::not_found, k == kind::groups ? "there is no such group" : "there is no such member");
}

result<answer> get(call& c, kind k) {
    auto found = role_at(c, k);
    if (!found) return found.error();
    auto v = view_role(c, *found);
    if (!v) return v.error();
    return answer{200, std::move(*v), {}};
}

result<answer> set(call& c, kind k, std::int64_t holder, input& in, int status) {
    const auto object = in.object("permission_set");
    std::optional<std::int64_t> id;
    if (object) id = input(*object).number("id");
    if (!id) in.refuse("`permission_set` is missing: {\"id\": …}");
    if (auto fine = in.checked(); !fine) return fine.error();
    store::project_role_record wanted;
    if (k == kind::groups)
        wanted.group = policy::group_id(holder);
    else
        wanted.user = policy::user_id(holder);
    wanted.set.id = policy::permission_set_id(*id);
    auto& people = *c.server.stores.people;
    if (auto done = people.set_project_role(c.workspace->id, c.project->id, wanted, c.actor(), c.now()); !done)
        return done.error();
    auto set = people.permission_set(c.workspace->id, wanted.set.id);
    if (!set) return set.error();
    wanted.set = std::move(*set);
    auto v = view_role(c, wanted);
    if (!v) return v.error();
    return answer{status, std::move(*v), {}};
}

result<answer> add(call& c, kind k) {
    input in(c.body);
    const auto id = in.number("id");
    if (!id) in.refuse("`id` is missing: say which");
    return set(c, k, id.value_or(0), in, 201);
}

result<answer> edit(call& c, kind k) {
    auto known = role_at(c, k);
    if (!known) return known.error();
    input in(c.body);
    return set(c, k, holder_of(*known), in, 200);
}

result<answer> remove(call& c, kind k) {
    auto known = role_at(c, k);
    if (!known) return known.error();
    if (auto done = c.server.stores.people->remove_project_role(c.workspace->id, c.project->id, known->user,
                                                                known->group, c.actor(), c.now());
        !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace

result<answer> list_project_members(call& c) {
    return list(c, kind::members);
}
result<answer> get_project_member(call& c) {
    return get(c, kind::members);
}
result<answer> add_project_member(call& c) {
    return add(c, kind::members);
}
result<answer> edit_project_member(call& c) {
    return edit(c, kind::members);
}
result<answer> remove_project_member(call& c) {
    return remove(c, kind::members);
}
result<answer> list_project_groups(call& c) {
    return list(c, kind::groups);
}
result<answer> get_project_group(call& c) {
    return get(c, kind::groups);
}
result<answer> add_project_group(call& c) {
    return add(c, kind::groups);
}
result<answer> edit_project_group(call& c) {
    return edit(c, kind::groups);
}
result<answer> remove_project_group(call& c) {
    return remove(c, kind::groups);
}

}  // namespace latchkey::server
