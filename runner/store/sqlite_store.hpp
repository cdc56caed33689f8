// SPDX-License-Identifier: Apache-2.0
//
// Opens the store kept in one SQLite file, and makes it, with its schema and local owner, when it is new.
// The caller owns the store; any thread may use it, and several processes may have the same file open.
#pragma once

#include "runner/store/stores.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace latchkey::store {

enum class durability : unsigned char {
    full,    // an acknowledged change survives a power cut: servers
    normal,  // it survives kill -9 and a crash of the process: local runs
};

struct sqlite_options {
    durability level = durability::normal;
    std::chrono::milliseconds busy_timeout{10'000};
    // How many ids of decisions are taken from the database at once: each time is a commit. Those that are left when
    // the process ends are nobody's.
    int decision_ids_at_once = 1;
    // Called before each statement and commit with its text; what it throws fails that statement. Tests count and
    // break statements with it.
    std::function<void(std::string_view sql)> before_statement = nullptr;
    // Called with how long each transaction took, waiting for its turn too; any thread.
    std::function<void(bool writes, std::chrono::nanoseconds)> after_transaction = nullptr;
};

// The folder is made with mode 0700 and the file with 0600. refused: either exists and others may enter it.
// corrupt: it is no database of ours, or of a newer version.
result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, sqlite_options = {});
// Likewise, for a server.
result<stores> open_sqlite_stores(const std::filesystem::path& file, sqlite_options = {durability::full});

}  // namespace latchkey::store
