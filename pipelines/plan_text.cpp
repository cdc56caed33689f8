// SPDX-License-Identifier: Apache-2.0
#include "pipelines/characters.hpp"
#include "pipelines/plan.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

constexpr std::size_t widest_column = 48;

// In one line, with nothing that moves a cursor or turns the reading direction.
std::string plain_cell(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const character c = decode(text);
        const bool shown = c.valid && !is_control(c.code) && !turns_direction(c.code);
        out += shown ? text.substr(0, c.length) : replacement_character;
        text.remove_prefix(c.length);
    }
    return out;
}

std::size_t cells_beside(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        const character c = decode(text);
        cells += width_of(c.code);
        text.remove_prefix(c.length);
    }
    return cells;
}

std::string_view time_words(trigger_time time) {
    switch (time) {
        case trigger_time::on_every_execution:
            return "";
        case trigger_time::on_success:
            return "on success";
        case trigger_time::on_failure:
            return "on failure";
        case trigger_time::on_back_to_success:
            return "when back to success";
        case trigger_time::on_warning:
            return "on a warning";
        case trigger_time::on_wait_for_approve:
            return "when waiting for approval";
        case trigger_time::on_terminate:
            return "when cancelled";
    }
    return "";
}

struct plan_row {
    std::string stage, name, type, notes;
};

void add_note(std::string& notes, std::string_view note) {
    if (note.empty()) return;
    if (!notes.empty()) notes += "; ";
    notes += note;
}

std::string counted(std::size_t count, std::string_view word) {
    return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::size_t column_width(const std::vector<plan_row>& rows, std::string plan_row::* column) {
    std::size_t width = 0;
    for (const plan_row& row : rows) width = std::max(width, cells_beside(row.*column));
    return std::min(width, widest_column);
}

std::string padded(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, cells_beside(text)) + 2, ' ');
}

}  // namespace

std::string describe(const plan& shown, const source& file) {
    std::vector<plan_row> rows;
    rows.reserve(shown.actions.size());
    auto use = shown.uses.begin();
    for (const planned_action& each : shown.actions) {
        plan_row row;
        row.stage = std::to_string(each.stage + 1);
        row.name = plain_cell(each.name);
        row.type = plain_cell(each.definition->type.value);
        add_note(row.notes, time_words(each.definition->trigger_time));
        std::string used;
        for (; use != shown.uses.end() && use->action == each.index; ++use)
            used += (used.empty() ? "uses " : ", ") + plain_cell(use->reference.value);
        add_note(row.notes, used);
        if (!each.skipped_because.empty())
            add_note(row.notes, (each.may_run ? "skipped unless that changes: " : "skipped: ") +
                                    plain_cell(each.skipped_because));
        rows.push_back(std::move(row));
    }

    std::string out = plain_cell(file.name()) + ": " + plain_cell(shown.pipeline) + ", " +
                      counted(shown.actions.size(), "action") + " in " + counted(shown.stages, "stage") + "\n";
    if (!shown.skipped_because.empty()) out += "nothing would run: " + plain_cell(shown.skipped_because) + "\n";
    const std::size_t stage = column_width(rows, &plan_row::stage);
    const std::size_t name = column_width(rows, &plan_row::name);
    const std::size_t type = column_width(rows, &plan_row::type);
    for (const plan_row& row : rows) {
        std::string line = "  " + std::string(stage - std::min(stage, row.stage.size()), ' ') + row.stage + "  " +
                           padded(row.name, name) + padded(row.type, type) + row.notes;
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

}  // namespace latchkey::pipelines
