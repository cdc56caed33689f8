// SPDX-License-Identifier: Apache-2.0
//
// latchkey backup and restore: the store as it is at one moment, the runs' logs, and, apart from them and only where
// it is asked for, the master key.
#include "policy/explain.hpp"
#include "runner/cli/backup_files.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/private_files.hpp"
#include "runner/cli/server_settings.hpp"
#include "runner/store/sqlite_backup.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/harden.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <ostream>

namespace latchkey::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* facts_name = "backup.json";
constexpr const char* store_name = "latchkey.db";
// Of the data folder. Caches and the files of pipelines can be made again.
constexpr std::array<const char*, 2> trees = {"runs", "artifacts"};

// Removes the folder it made unless it is kept.
class unfinished {
public:
    explicit unfinished(fs::path path) : path_(std::move(path)) {}
    ~unfinished() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    unfinished(const unfinished&) = delete;
    unfinished& operator=(const unfinished&) = delete;
    void keep() { path_.clear(); }

private:
    fs::path path_;
};

result<void> make_new_folder(const fs::path& folder) {
    std::error_code ec;
    if (fs::exists(folder, ec) && (!fs::is_directory(folder, ec) || !fs::is_empty(folder, ec)))
        return failure(errc::conflict, folder.string() + " is there already and not empty: name another place");
    return make_private_folder(folder);
}

result<store::audit_head> note_facts(context& c, const fs::path& folder, checksums& sums) {
    auto copy = store::open_sqlite(folder / store_name);
    if (!copy) return copy.error();
    auto head = (*copy)->head_of_audit();
    if (!head) return head;
    copy->reset();  // what lies beside it while it is open goes
    const nlohmann::ordered_json facts = {{"format", 1},
                                          {"latchkey", LATCHKEY_VERSION},
                                          {"made_at", policy::format_utc(c.now())},
                                          {"audit_entries", head->entries},
                                          {"audit_head", head->hash}};
    auto file = new_private_file::make(folder / facts_name);
    if (!file) return file.error();
    if (auto written = file->write(facts.dump(2) + "\n"); !written) return written.error();
    file->keep();
    for (const char* name : {facts_name, store_name}) {
        auto sum = checksum_of_file(folder / name);
        if (!sum) return sum.error();
        sums[name] = *sum;
    }
    return head;
}

// The store first: logs that come after it are more than it knows of, never less.
result<store::audit_head> fill_backup(context& c, const server_options& from, const fs::path& folder,
                                      checksums& sums) {
    if (from.store_file.empty())
        return failure(errc::usage,
                       "the store is in PostgreSQL: back it up with pg_dump or PostgreSQL's own archive, and the "
                       "data folder as files");
    if (auto copied = store::copy_sqlite(from.store_file, folder / store_name); !copied) return copied.error();
    auto head = note_facts(c, folder, sums);
    if (!head) return head;
    for (const char* tree : trees)
        if (auto added = add_tree_to_backup(folder, tree, from.data / tree, sums); !added) return added.error();
    if (auto added = add_to_backup(folder, "server.toml", from.data / "server.toml", sums); !added)
        return added.error();
    if (auto done = finish_backup(folder, sums); !done) return done.error();
    return head;
}

result<void> save_key(const server_options& from, const std::string& file, const fs::path& backup) {
    const fs::path beside = fs::weakly_canonical(fs::absolute(file));
    const fs::path inside = beside.lexically_relative(fs::weakly_canonical(fs::absolute(backup)));
    if (!inside.empty() && *inside.begin() != "..")
        return failure(errc::usage, "the key does not belong into the backup that it opens: keep it elsewhere");
    auto key = vault::load_master_key(from.data / "master.key", false);
    if (!key) return key.error();
    return vault::save_master_key(*key, file);
}

std::string head_text(const store::audit_head& head) {
    return std::to_string(head.entries) + ":" + head.hash;
}

// The audit log of a store is whole, and ends as the backup says.
result<void> check_audit(store::store& s, const fs::path& folder) {
    std::ifstream file(folder / facts_name);
    const auto facts = nlohmann::json::parse(file, nullptr, false);
    if (!facts.is_object() || facts.value("format", 0) != 1)
        return failure(errc::corrupt, "this version can't read the backup's " + std::string(facts_name));
    policy::chain_verifier verifier;
    auto walked = s.walk_audit(1, [&](const policy::audit_entry& e) { return verifier.feed(e); });
    if (!walked) return walked;
    const bool whole = verifier.first_broken() == 0 &&
                       verifier.verified() == facts.value("audit_entries", std::int64_t{-1}) &&
                       (verifier.verified() == 0 || policy::to_hex(verifier.head()) == facts.value("audit_head", ""));
    if (whole) return {};
    return failure(errc::corrupt, "the audit log in the backup is not whole: " + std::to_string(verifier.verified()) +
                                      " entries verify");
}

// Puts the key into the folder, if it opens what is stored. False: none was named, and one is needed.
result<bool> restore_key(store::store& s, const std::string& file, const fs::path& folder) {
    auto keys = s.keys();
    if (!keys) return keys.error();
    if (file.empty()) return keys->empty();
    auto key = vault::read_master_key(file);
    if (!key) return key.error();
    if (!vault::vault::unlock(*key, *keys))
        return failure(errc::refused,
                       "the master key " + file + " does not open what is in this backup: name its own");
    if (auto saved = vault::save_master_key(*key, folder / "master.key"); !saved) return saved.error();
    return true;
}

result<void> fill_restored(const fs::path& source, const fs::path& folder) {
    if (is_archive(source)) return unpack(source, folder);
    auto sums = check_backup(source);
    if (!sums) return sums.error();
    checksums copied;
    (*sums)["SHA256SUMS"] = "";
    for (const auto& [name, sum] : *sums)
        if (auto added = add_to_backup(folder, name, source / name, copied); !added) return added;
    return {};
}

}  // namespace

int backup_command(context& c, const backup_args& args) {
    vault::harden_process();
    const auto all = gather_settings(c, args.given);
    if (!all) return c.fail(all.error());
    const auto from = read_settings(*all);
    if (!from) return c.fail(from.error());
    const fs::path target = fs::absolute(args.place);
    const bool packed = is_archive(target);
    std::error_code ec;
    if (packed && fs::exists(target, ec)) return c.usage(target.string() + " is there already: name another place");
    const fs::path folder = packed ? fs::path(target.string() + ".making") : target;
    if (auto made = make_new_folder(folder); !made) return c.fail(made.error());
    unfinished mine(folder);
    if (!args.key_file.empty())
        if (auto saved = save_key(*from, args.key_file, folder); !saved) return c.fail(saved.error());
    checksums sums;
    auto head = fill_backup(c, *from, folder, sums);
    if (!head) return c.fail(head.error());
    if (packed) {
        if (auto made = pack(folder, target); !made) return c.fail(made.error());
    } else {
        mine.keep();
    }
    c.out << "backed up " << sums.size() - 1 << " files of " << plain(from->data.string()) << " to "
          << plain(target.string()) << "\naudit head " << head_text(*head) << "\n";
    if (!from->objects.url.empty() || !from->objects.folder.empty())
        c.out << "logs that were moved to the objects' place are not in it: what keeps that keeps copies of them\n";
    if (args.key_file.empty())
        c.out << "the master key is not in it: keep a copy of it elsewhere (--with-key FILE), for without it no "
                 "credential "
                 "can be opened\n";
    else
        c.out << "the master key is in " << plain(args.key_file) << ": keep it apart from the backup\n";
    return exit_success;
}

int restore_command(context& c, const restore_args& args) {
    vault::harden_process();
    const auto all = gather_settings(c, args.given);
    if (!all) return c.fail(all.error());
    const auto to = read_settings(*all);
    if (!to) return c.fail(to.error());
    if (to->store_file != to->data / store_name)
        return c.usage("a backup is restored to a data folder with its store in it: leave --store out");
    if (auto fine = make_new_folder(to->data); !fine) return c.fail(failure(errc::refused, fine.error().what));
    // Beside it, and in place by one step: what stands there is whole.
    const fs::path folder = fs::path(to->data.string() + ".restoring");
    if (auto made = make_new_folder(folder); !made) return c.fail(made.error());
    unfinished mine(folder);
    const fs::path source = fs::absolute(args.place);
    if (auto filled = fill_restored(source, folder); !filled) return c.fail(filled.error());
    auto sums = check_backup(folder);
    if (!sums) return c.fail(sums.error());
    auto store = store::open_sqlite(folder / store_name);
    if (!store) return c.fail(store.error());
    if (auto whole = check_audit(**store, folder); !whole) return c.fail(whole.error());
    auto keyed = restore_key(**store, args.key_file, folder);
    if (!keyed) return c.fail(keyed.error());
    auto head = (*store)->head_of_audit();
    if (!head) return c.fail(head.error());
    store->reset();
    std::error_code ec;
    for (const char* name : {facts_name, "SHA256SUMS"}) fs::remove(folder / name, ec);
    fs::rename(folder, to->data, ec);
    if (ec || !flush_folder(to->data.parent_path()))
        return c.fail(failure(
            errc::io, "can't put " + folder.string() + " in place of " + to->data.string() + ": " + ec.message()));
    mine.keep();
    c.out << "restored " << sums->size() - 1 << " files to " << plain(to->data.string())
          << "; the audit log is whole\n"
          << "audit head " << head_text(*head) << "\n";
    if (!*keyed)
        c.out << "put its master key at " << plain((to->data / "master.key").string())
              << " (0600) before the server starts: without it no credential can be opened\n";
    return exit_success;
}

}  // namespace latchkey::cli
