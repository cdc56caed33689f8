// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/team_support.hpp"

#include "runner/cli/secret_input.hpp"

#include <ostream>

namespace latchkey::cli::remote {

std::string cell_of(const json& item, const char* name) {
    const json& f = field(item, name);
    if (f.is_boolean()) return f.get<bool>() ? "yes" : "no";
    if (f.is_number_integer()) return std::to_string(f.get<std::int64_t>());
    const std::string text = text_in(item, name);
    return text.empty() ? "–" : plain(text);
}

int show_list(context& c, const result<std::vector<json>>& all, const char* name, bool as_json,
              std::initializer_list<column> columns, const std::string& none) {
    if (!all) return c.fail(all.error());
    if (as_json) {
        c.out << one_line({{name, *all}}) << "\n";
        return exit_success;
    }
    if (all->empty()) {
        c.out << none << "\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows(1);
    for (const column& each : columns) rows.front().emplace_back(each.title);
    for (const json& item : *all) {
        rows.emplace_back();
        for (const column& each : columns) rows.back().push_back(each.cell(item));
    }
    c.out << aligned(rows);
    return exit_success;
}

int show_one(context& c, const result<json>& item, bool as_json,
             std::initializer_list<std::pair<const char*, const char*>> label_and_field) {
    if (!item) return c.fail(item.error());
    if (as_json) {
        c.out << one_line(*item) << "\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& [label, name] : label_and_field) rows.push_back({label, cell_of(*item, name)});
    c.out << aligned(rows);
    return exit_success;
}

std::optional<int> stopped_before_removing(place& p, const std::string& what, bool yes) {
    context& c = p.c();
    p.announce();
    if (yes) return std::nullopt;
    if (!c.interactive) return c.usage("this would remove " + what + ": add --yes");
    if (!ask_yes(c, "Remove " + plain(what) + "?")) return exit_success;
    return std::nullopt;
}

int said_when_done(place& p, const result<json>& outcome, const std::string& done) {
    if (!outcome) return p.c().fail(outcome.error());
    p.c().out << plain(done) << "\n";
    return exit_success;
}

}  // namespace latchkey::cli::remote
