// SPDX-License-Identifier: Apache-2.0
#include "runner/web/assets.hpp"

#include <algorithm>

namespace latchkey::web {

const asset* find_asset(std::string_view name) {
    const auto all = assets();
    const auto at = std::ranges::lower_bound(all, name, {}, &asset::name);
    return at == all.end() || at->name != name ? nullptr : &*at;
}

bool is_immutable(const asset& a) {
    return a.name.starts_with("assets/");
}

}  // namespace latchkey::web
