// SPDX-License-Identifier: Apache-2.0
//
// The rows of a permission, as the API writes them of integrations and of pipelines alike:
// [{"id": 1, "access_level": "USE_ONLY"}]. Private to this room. One call, one thread.
#pragma once

#include "runner/server/input.hpp"
#include "runner/server/levels.hpp"

#include <algorithm>

namespace latchkey::server {

// Null is an empty list. `level_in(input&, name)` reads the level's word, and refuses one that is none.
template <class Row, class Id, class LevelIn>
void read_rows(input& in, const char* name, std::vector<Row>& into, Id Row::* id, LevelIn level_in) {
    into.clear();
    const auto rows = in.objects(name);
    if (!rows) return;
    for (const json& object : *rows) {
        input row(object);
        const auto number = row.number("id");
        const auto level = level_in(row, "access_level");
        if (auto fine = row.checked(); !fine) return in.refuse(fine.error().what);
        if (!number || !level) return in.refuse("each of `" + std::string(name) + "` needs `id` and `access_level`");
        Row made;
        made.*id = Id(*number);
        made.access = *level;
        if (std::ranges::find(into, made.*id, id) != into.end())
            return in.refuse("`" + std::string(name) + "` has " + std::to_string(*number) + " twice");
        into.push_back(made);
    }
}

template <class Row, class Id>
json view_of_rows(const std::vector<Row>& rows, Id Row::* id) {
    json all = json::array();
    for (const Row& row : rows) all.push_back({{"id", (row.*id).value()}, {"access_level", to_word(row.access)}});
    return all;
}

}  // namespace latchkey::server
