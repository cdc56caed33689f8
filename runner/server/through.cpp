// SPDX-License-Identifier: Apache-2.0
#include "runner/server/through.hpp"

#include "runner/server/levels.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

json row_of(std::string_view row, policy::level level, json group = nullptr) {
    return {{"row", row}, {"level", to_word(level)}, {"group", std::move(group)}};
}

json group_named(const call& c, policy::group_id id) {
    const auto found = c.server.stores.people->group(c.workspace->id, id);
    return {{"id", id.value()}, {"name", found ? json(found->name) : json()}};
}

}  // namespace

json view_of_through(const call& c, const policy::integration& i, const policy::user& u) {
    const auto own = std::ranges::find(i.users, u.id, &policy::user_row::user);
    if (u.role != policy::workspace_role::member) {
        const policy::level least = std::max(i.admins, policy::level::delete_only);
        if (own != i.users.end() && own->access > least) return row_of("user", own->access);
        return row_of("admins", least);
    }
    if (own != i.users.end()) return row_of("user", own->access);
    const policy::group_row* highest = nullptr;
    for (const policy::group_row& row : i.groups)
        if (std::ranges::find(u.groups, row.group) != u.groups.end() &&
            (highest == nullptr || row.access > highest->access))
            highest = &row;
    if (highest != nullptr) return row_of("group", highest->access, group_named(c, highest->group));
    return row_of("others", i.others);
}

}  // namespace latchkey::server
