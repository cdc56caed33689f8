// SPDX-License-Identifier: Apache-2.0
// Workspaces (rest-api §2).
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

result<answer> list_workspaces(call& c) {
    auto all = c.server.stores.people->workspaces_of(c.actor());
    if (!all) return all.error();
    json items = json::array();
    for (const auto& w : *all) {
        const bool hidden = c.token && !c.token->workspaces.empty() &&
                            std::ranges::find(c.token->workspaces, w.domain) == c.token->workspaces.end();
        if (!hidden) items.push_back(view(c, w, false));
    }
    return answer{200, list_of(c.base + "/workspaces", "workspaces", std::move(items)), {}};
}

result<answer> get_workspace(call& c) {
    return answer{200, view(c, *c.workspace, true), {}};
}

result<answer> add_workspace(call& c) {
    input in(c.body);
    const std::string domain = in.required("domain");
    const std::string name = in.text("name").value_or("");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto made = c.server.stores.people->add_workspace(domain, name, c.actor(), c.now());
    if (!made) return made.error();
    return answer{201, view(c, *made, true), {}};
}

result<answer> edit_workspace(call& c) {
    input in(c.body);
    const auto name = in.text("name");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (name && !name->empty()) {
        auto edited = c.server.stores.people->rename_workspace(c.workspace->id, *name, c.actor(), c.now());
        if (!edited) return edited.error();
        c.workspace = std::move(*edited);
    }
    return answer{200, view(c, *c.workspace, true), {}};
}

result<answer> remove_workspace(call& c) {
    if (auto done = c.server.stores.people->remove_workspace(c.workspace->id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
