// SPDX-License-Identifier: Apache-2.0
//
// What a run lacks, as JSON: the same of the command line and of the API. `Json` is nlohmann's, of either order,
// which who includes this has included before. Pure, no thread rule.
#pragma once

#include "runner/run/missing.hpp"

#include <vector>

namespace latchkey::run {

template <class Json>
Json json_of(const std::vector<missing_integration>& all) {
    Json list = Json::array();
    for (const missing_integration& m : all) {
        Json uses = Json::array();
        for (const use_place& p : m.used_by)
            uses.push_back({{"action", p.action}, {"file", p.file}, {"line", p.line}, {"column", p.column}});
        Json able = Json::array();
        for (const able_to_grant& g : m.can_grant) able.push_back({{"who", g.who}, {"level", g.level}});
        list.push_back({{"integration", m.name.empty() ? Json(nullptr) : Json(m.name)},
                        {"verdict", policy::to_string(m.verdict)},
                        {"reason", m.reason},
                        {"used_by", uses},
                        {"can_grant", able},
                        {"may_grant", m.may_grant}});
    }
    return list;
}

}  // namespace latchkey::run
