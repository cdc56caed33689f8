// SPDX-License-Identifier: Apache-2.0
// Members of a workspace (rest-api §4).
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

namespace {

result<policy::user_id> member_in(const call& c) {
    const auto number = c.number("member");
    if (!number) return number.error();
    return policy::user_id(*number);
}

}  // namespace

result<answer> list_members(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = c.server.stores.people->members(c.workspace->id, *page);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& m : *all) items.push_back(view(c, m, true));
    return answer{200, list_of(c.workspace_url() + "/members", "members", std::move(items)), {}};
}

result<answer> get_member(call& c) {
    const auto id = member_in(c);
    if (!id) return id.error();
    auto found = c.server.stores.people->member(c.workspace->id, *id);
    if (!found) return found.error();
    return answer{200, view(c, *found, true), {}};
}

result<answer> add_member(call& c) {
    input in(c.body);
    const std::string email = in.required("email");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto made = c.server.stores.people->add_member(c.workspace->id, email, c.actor(), c.now());
    if (!made) return made.error();
    return answer{201, view(c, *made, true), {}};
}

result<answer> edit_member(call& c) {
    const auto id = member_in(c);
    if (!id) return id.error();
    input in(c.body);
    store::directory::member_change change;
    change.administrator = in.flag("admin");
    change.auto_assign = in.flag("auto_assign_to_new_projects");
    if (const auto set = in.number("auto_assign_permission_set_id"))
        change.auto_set = policy::permission_set_id(*set);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto edited = c.server.stores.people->edit_member(c.workspace->id, *id, change, c.actor(), c.now());
    if (!edited) return edited.error();
    return answer{200, view(c, *edited, true), {}};
}

result<answer> remove_member(call& c) {
    const auto id = member_in(c);
    if (!id) return id.error();
    if (auto done = c.server.stores.people->remove_member(c.workspace->id, *id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
