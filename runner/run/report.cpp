// SPDX-License-Identifier: Apache-2.0
#include "runner/run/report.hpp"

#include "pipelines/characters.hpp"

namespace latchkey::run {

namespace {

// The names come from files and stores: they are somebody's words.
using pipelines::plain;

void add_line(std::string& out, std::string_view label, const std::string& text) {
    std::string cell(label);
    cell.resize(9, ' ');
    out += "  " + cell + "  " + text + "\n";
}

// How many uses of one integration are listed before the rest is counted.
constexpr std::size_t most_places = 20;

}  // namespace

std::string report_of(const std::vector<missing_integration>& all, const std::string& grant_command) {
    std::string out;
    for (const missing_integration& m : all) {
        if (!out.empty()) out += "\n";
        out +=
            "Missing permissions to the following integration:" + (m.name.empty() ? "" : " " + plain(m.name)) + "\n";
        for (std::size_t i = 0; i < m.used_by.size() && i < most_places; ++i) {
            const use_place& p = m.used_by[i];
            add_line(out, i == 0 ? "used by" : "",
                     "action \"" + plain(p.action) + "\"  (" + plain(p.file) + ":" + std::to_string(p.line) + ":" +
                         std::to_string(p.column) + ")");
        }
        if (m.used_by.size() > most_places)
            add_line(out, "", "and " + std::to_string(m.used_by.size() - most_places) + " more");
        add_line(out, "reason", plain(m.reason));
        if (m.name.empty()) continue;  // hidden from the reader: nobody to ask, nothing to press
        std::string able;
        for (const able_to_grant& g : m.can_grant)
            able += (able.empty() ? "" : ", ") + plain(g.who) + " (" + g.level + ")";
        if (!able.empty()) add_line(out, "can grant", able);
        if (m.may_grant) add_line(out, "grant", grant_command);
        if (m.verdict == policy::verdict::unknown_integration)
            add_line(out, "add", "latchkey integration add NAME --type TYPE --identifier " + plain(m.name));
    }
    return out;
}

std::string headline_of(const std::string& pipeline, std::int64_t number) {
    return "✗ " + plain(pipeline) + " #" + std::to_string(number) + " failed before it started";
}

}  // namespace latchkey::run
