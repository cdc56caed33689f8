// SPDX-License-Identifier: Apache-2.0
//
// latchkey migrate: a server's store moves from SQLite to PostgreSQL.
#include "runner/cli/commands.hpp"
#include "runner/cli/private_files.hpp"
#include "runner/store/copy_store.hpp"
#include "runner/store/postgres_store.hpp"
#include "runner/vault/harden.hpp"

#include <ostream>

namespace latchkey::cli {

int migrate_command(context& c, const migrate_args& args) {
    vault::harden_process();
    constexpr std::string_view sqlite = "sqlite:";
    if (!args.from.starts_with(sqlite) || args.from.size() == sqlite.size())
        return c.usage("--from is the store that is there: sqlite:FILE");
    if (!store::is_postgres_url(args.to))
        return c.usage("--to is the store that is to be: postgresql://USER@HOST/DATABASE");
    if (store::without_password(args.to) != args.to)
        return c.usage(
            "a password on the command line can be read by every program of this machine: put it into ~/.pgpass or "
            "PGPASSWORD");
    const auto file = std::filesystem::absolute(args.from.substr(sqlite.size()));
    // A server's folder, or its store's own lock where that lies elsewhere: whichever it is, nobody has it.
    std::vector<process_lock> locks;
    for (const auto& name : {file.parent_path() / "server.lock", std::filesystem::path(file.string() + ".lock")}) {
        std::error_code ec;
        if (!std::filesystem::exists(name, ec)) continue;
        auto lock = process_lock::take(name);
        if (!lock)
            return c.fail(failure(
                errc::refused, "a server works on " + file.string() + " (" + lock.error().what + "): end it first"));
        locks.push_back(std::move(*lock));
    }
    const auto copied = store::copy_to_postgres(file, args.to);
    if (!copied) return c.fail(copied.error());
    std::int64_t rows = 0;
    for (const auto& [table, count] : *copied) rows += count;
    c.out << "copied " << rows << " rows of " << copied->size() << " tables to " << plain(args.to)
          << "\nstart the server with --store " << plain(args.to) << "\n";
    return exit_success;
}

}  // namespace latchkey::cli
