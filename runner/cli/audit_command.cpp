// SPDX-License-Identifier: Apache-2.0
//
// latchkey audit verify, export, tail.
#include "runner/cli/commands.hpp"
#include "runner/cli/json.hpp"

#include <charconv>
#include <deque>
#include <optional>
#include <ostream>

namespace latchkey::cli {

namespace {

// COUNT:HASH, as `audit verify` prints it.
std::optional<store::audit_head> head_named(const std::string& text) {
    store::audit_head head;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, head.entries);
    if (error != std::errc() || at == end || *at != ':' || head.entries < 1) return std::nullopt;
    head.hash.assign(at + 1, end);
    if (head.hash.size() != 64) return std::nullopt;
    return head;
}

}  // namespace

int audit_verify_command(context& c, const audit_args& args) {
    std::optional<store::audit_head> expected;
    if (!args.expect.empty()) expected = head_named(args.expect);
    if (!args.expect.empty() && !expected)
        return c.usage("\"" + args.expect + "\" is no head: say COUNT:HASH, as `latchkey audit verify` printed it");
    auto s = c.store();
    if (!s) return c.fail(s.error());
    // Before the walk: entries may be written meanwhile.
    auto head = (*s)->head_of_audit();
    if (!head) return c.fail(head.error());
    policy::chain_verifier verifier;
    std::string at_head;
    std::string at_expected;
    auto walked = (*s)->walk_audit(1, [&](const policy::audit_entry& e) {
        if (!verifier.feed(e)) return false;
        if (e.sequence == head->entries) at_head = policy::to_hex(e.hash);
        if (expected && e.sequence == expected->entries) at_expected = policy::to_hex(e.hash);
        return true;
    });
    if (!walked) return c.fail(walked.error());
    if (verifier.first_broken() != 0) {
        c.err << "latchkey: the audit log was touched: entry " << verifier.first_broken()
              << " is the first that does not verify; " << verifier.verified() << " before it do\n";
        return exit_run_failed;
    }
    if (at_head != head->hash) {
        c.err << "latchkey: the audit log is not whole: " << head->entries << " entries were written, and "
              << verifier.verified() << " are there\n";
        return exit_run_failed;
    }
    if (expected && at_expected != expected->hash) {
        c.err << "latchkey: the audit log is another one: its entry " << expected->entries
              << (at_expected.empty() ? " is missing\n" : " is not the one that was expected\n");
        return exit_run_failed;
    }
    c.out << verifier.verified() << (verifier.verified() == 1 ? " entry" : " entries") << ", none touched";
    if (expected) c.out << ", with what was expected";
    if (verifier.verified() > 0) c.out << "\nhead " << verifier.verified() << ":" << policy::to_hex(verifier.head());
    c.out << "\n";
    return exit_success;
}

int audit_export_command(context& c, const audit_args&) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto walked = (*s)->walk_audit(1, [&](const policy::audit_entry& e) {
        c.out << json_of_audit_entry(e) << "\n";
        return static_cast<bool>(c.out);
    });
    if (!walked) return c.fail(walked.error());
    c.out.flush();
    return exit_success;
}

int audit_tail_command(context& c, const audit_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    std::deque<policy::audit_entry> last;
    auto walked = (*s)->walk_audit(1, [&](const policy::audit_entry& e) {
        last.push_back(e);
        if (last.size() > static_cast<std::size_t>(args.count)) last.pop_front();
        return true;
    });
    if (!walked) return c.fail(walked.error());
    if (args.json) {
        for (const policy::audit_entry& e : last) c.out << json_of_audit_entry(e) << "\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows;
    for (const policy::audit_entry& e : last) {
        std::string facts;
        for (const auto& [key, value] : e.facts) facts += (facts.empty() ? "" : "  ") + key + "=" + plain(value);
        rows.push_back({std::to_string(e.sequence),
                        policy::format_utc(std::chrono::floor<std::chrono::seconds>(e.at)),
                        std::string(policy::to_string(e.kind)), facts});
    }
    c.out << (rows.empty() ? "the audit log is empty\n" : aligned(rows));
    return exit_success;
}

}  // namespace latchkey::cli
