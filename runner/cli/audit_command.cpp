// SPDX-License-Identifier: Apache-2.0
//
// latchkey audit verify, export, tail; latchkey key rotate.
#include "runner/cli/commands.hpp"
#include "runner/cli/json.hpp"
#include "runner/vault/master_key.hpp"

#include <cstdio>
#include <deque>
#include <ostream>
#include <unistd.h>

namespace latchkey::cli {

int audit_verify_command(context& c, const audit_args&) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    policy::chain_verifier verifier;
    auto walked = (*s)->walk_audit(1, [&](const policy::audit_entry& e) { return verifier.feed(e); });
    if (!walked) return c.fail(walked.error());
    if (verifier.first_broken() != 0) {
        c.err << "latchkey: the audit log was touched: entry " << verifier.first_broken()
              << " is the first that does not verify; " << verifier.verified() << " before it do\n";
        return exit_run_failed;
    }
    c.out << verifier.verified() << (verifier.verified() == 1 ? " entry" : " entries") << ", none touched; head "
          << policy::to_hex(verifier.head()).substr(0, 16) << "\n";
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

int key_rotate_command(context& c) {
    // Rotation in one step that a crash can't spoil: the new key lies beside the old one until the store has
    // switched.
    auto data = c.data_folder();
    if (!data) return c.fail(data.error());
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto keys = (*s)->keys();
    if (!keys) return c.fail(keys.error());
    if (keys->empty()) return c.usage("there is no key to rotate yet");
    const std::filesystem::path file = *data / "master.key";
    const std::filesystem::path next = *data / "master.key.next";
    auto old = vault::load_master_key(file, false);
    if (!old) return c.fail(old.error());
    if (!old->origin.starts_with("the file"))
        return c.usage("the master key comes from " + old->origin + ": rotate it where it is kept");
    auto fresh = vault::load_master_key(next, true);
    if (!fresh) return c.fail(fresh.error());
    auto wrapped = vault::vault::rewrap(*old, *fresh, *keys);
    if (!wrapped) {
        // A rotation was cut off between the two steps below: the store has the new key already.
        if (!vault::vault::unlock(*fresh, *keys)) return c.fail(wrapped.error());
    } else if (auto replaced = (*s)->replace_keys(*wrapped, user->rights.id, c.now()); !replaced) {
        return c.fail(replaced.error());
    }
    if (std::rename(next.c_str(), file.c_str()) != 0)
        return c.fail(failure(errc::io, "the store has the new master key, but " + next.string() +
                                            " could not be put in place of " + file.string() + ": move it there"));
    c.out << "the master key is new; keep a copy of " << file.string() << "\n";
    return exit_success;
}

}  // namespace latchkey::cli
