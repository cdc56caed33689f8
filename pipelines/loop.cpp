// SPDX-License-Identifier: Apache-2.0
#include "pipelines/loop.hpp"

#include "pipelines/plan.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

std::vector<std::string> loop_values(std::string_view list) {
    constexpr std::string_view blank = " \t\r\n";
    std::vector<std::string> out;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, end);
        item.remove_prefix(std::min(item.find_first_not_of(blank), item.size()));
        item = item.substr(0, item.find_last_not_of(blank) + 1);
        if (!item.empty()) out.emplace_back(item);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return out;
}

}  // namespace

std::vector<loop_cell> loop_cells(const std::vector<text>& loop, const variable_lookup& value_of,
                                  diagnostics& problems) {
    std::vector<loop_cell> cells(1);
    const auto fail = [&](const text& item, const char* code, std::string message, std::string help) {
        problems.push_back({severity::error, code, item.where, std::move(message), std::move(help)});
        return std::vector<loop_cell>();
    };
    for (const text& item : loop) {
        const std::optional<std::string> list = value_of(item.value);
        if (!list)
            return fail(
                item, "P060",
                "the loop's variable " + in_backticks(item.value) + " has no value that can be read here",
                "define it under `variables` with a value like `20,22`, or supply `--var " + item.value + "=20,22`");
        const std::vector<std::string> values = loop_values(*list);
        if (values.empty())
            return fail(item, "P061", "the loop's variable " + in_backticks(item.value) + " lists nothing",
                        "write its values with commas between them, for example `20,22`");
        if (values.size() > most_loop_cells / cells.size())
            return fail(item, "P062", "this loop has more than " + std::to_string(most_loop_cells) + " combinations",
                        "list fewer values, or split it into several pipelines");
        std::vector<loop_cell> next;
        next.reserve(cells.size() * values.size());
        for (const loop_cell& cell : cells)
            for (const std::string& value : values) {
                next.push_back(cell);
                next.back().emplace_back(item.value, value);
            }
        cells = std::move(next);
    }
    return cells;
}

std::string cell_name(std::string_view action, const loop_cell& cell) {
    std::string out(action);
    for (std::size_t i = 0; i < cell.size(); ++i)
        out += (i == 0 ? " (" : ", ") + cell[i].first + "=" + cell[i].second;
    if (!cell.empty()) out += ')';
    return out;
}

}  // namespace latchkey::pipelines
