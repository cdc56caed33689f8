// SPDX-License-Identifier: Apache-2.0
//
// latchkey audit tail, export and verify, against a server: what is about one's workspace, for its administrators.
#include "runner/cli/remote/commands.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

constexpr std::int64_t at_once = 1000;

// The newest `count` of them, the oldest of these first.
result<std::vector<json>> last_entries(place& p, std::int64_t count) {
    auto base = p.workspace_path();
    if (!base) return base.error();
    std::vector<json> all;
    std::string before;
    while (static_cast<std::int64_t>(all.size()) < count) {
        const std::int64_t wanted = std::min(at_once, count - static_cast<std::int64_t>(all.size()));
        auto got = p.api().get(own(*base) + "/audit?limit=" + std::to_string(wanted) + before);
        if (!got) return got.error();
        const auto& some = list_in(*got, "entries");
        all.insert(all.end(), some.begin(), some.end());
        if (static_cast<std::int64_t>(some.size()) < wanted) break;
        const std::int64_t oldest = number_in(some.back(), "sequence");
        if (oldest <= 1) break;
        before = "&before=" + std::to_string(oldest);
    }
    std::ranges::sort(all, {}, [](const json& e) { return number_in(e, "sequence"); });
    return all;
}

std::string facts_of(const json& entry) {
    std::string text;
    const json& facts = field(entry, "facts");
    if (!facts.is_object()) return text;
    for (const auto& [name, value] : facts.items())
        text +=
            (text.empty() ? "" : "  ") + plain(name) + "=" + plain(value.is_string() ? value.get<std::string>() : "");
    return text;
}

std::string who_of(const json& entry) {
    const json& actor = field(entry, "actor");
    const std::string email = text_in(actor, "email");
    return plain(email.empty() ? text_in(actor, "name") : email);
}

}  // namespace

int audit_tail_command(place& p, const audit_args& args) {
    context& c = p.c();
    auto all = last_entries(p, args.count);
    if (!all) return c.fail(all.error());
    std::vector<std::vector<std::string>> rows;
    for (const json& e : *all) {
        if (args.json) {
            c.out << one_line(e) << "\n";
            continue;
        }
        const std::string who = who_of(e);
        rows.push_back({std::to_string(number_in(e, "sequence")), plain(text_in(e, "date")),
                        plain(text_in(e, "kind")), who.empty() ? "–" : who, facts_of(e)});
    }
    if (!args.json) c.out << (rows.empty() ? "the audit log is empty\n" : aligned(rows));
    return exit_success;
}

int audit_export_command(place& p, const audit_args&) {
    auto all = last_entries(p, std::int64_t{1} << 40U);
    if (!all) return p.c().fail(all.error());
    for (const json& e : *all) p.c().out << one_line(e) << "\n";
    p.c().out.flush();
    return exit_success;
}

int audit_verify_command(place& p, const audit_args& args) {
    context& c = p.c();
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    auto seen = p.api().get(own(*base) + "/audit/verify" +
                            (args.expect.empty() ? "" : "?expect=" + client::in_path(args.expect)));
    if (!seen) return c.fail(seen.error());
    const auto verified = number_in(*seen, "verified");
    if (!flag_in(*seen, "whole")) {
        const auto broken = number_in(*seen, "first_broken");
        if (broken > 0)
            c.err << "latchkey: the audit log was touched: entry " << broken << " is the first that does not verify; "
                  << verified << " before it do\n";
        else
            c.err << "latchkey: the audit log is not whole: " << number_in(*seen, "entries")
                  << " entries were written, and " << verified << " are there\n";
        return exit_run_failed;
    }
    if (const std::string there = text_in(*seen, "expected"); !args.expect.empty() && there != "there") {
        c.err << "latchkey: the audit log is another one: its entry "
              << plain(args.expect.substr(0, args.expect.find(':')))
              << (there == "missing" ? " is missing\n" : " is not the one that was expected\n");
        return exit_run_failed;
    }
    c.out << verified << (verified == 1 ? " entry" : " entries") << ", none touched"
          << (args.expect.empty() ? "" : ", with what was expected") << "\nhead " << number_in(*seen, "entries")
          << ":" << plain(text_in(*seen, "head")) << "\n";
    return exit_success;
}

}  // namespace latchkey::cli::remote
