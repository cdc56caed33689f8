// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_store.hpp"

#include "runner/store/sql_stores.hpp"
#include "runner/store/sqlite_connection.hpp"

#include <mutex>
#include <optional>

namespace latchkey::store {

namespace {

result<std::shared_ptr<sql_database>> open_database(const std::filesystem::path& file, sqlite_options options) {
    if (auto fine = prepare_sqlite_file(file); !fine) return fine.error();
    try {
        auto writer = connect_sqlite(file, options);
        migrate_sqlite(*writer, file);
        auto observer = options.after_transaction;
        auto connect = [file, options = std::move(options)] { return connect_sqlite(file, options); };
        return std::make_shared<sql_database>(std::move(writer), connect, connect, std::move(observer));
    } catch (const sql_error& error) {
        return error.why;
    }
}

// SQLite's own count of the changes that others than this connection have made: it looks into the memory that all
// connections of the file share. This connection never writes, so every change is one by another.
class change_count {
public:
    explicit change_count(const std::filesystem::path& file) : connection_(connect_sqlite(file, {})) {
        connection_->script("PRAGMA busy_timeout = 0");
    }

    std::optional<std::int64_t> now() {
        const std::lock_guard alone(guard_);
        try {
            const auto row = connection_->one<std::int64_t>("PRAGMA data_version");
            return row ? std::optional(std::get<0>(*row)) : std::nullopt;
        } catch (const sql_error&) {
            return std::nullopt;
        }
    }

private:
    std::mutex guard_;
    std::unique_ptr<sql_connection> connection_;
};

result<std::shared_ptr<change_count>> open_change_count(const std::filesystem::path& file) {
    try {
        return std::make_shared<change_count>(file);
    } catch (const sql_error& error) {
        return error.why;
    }
}

}  // namespace

result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, sqlite_options options) {
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    return store_over(std::move(*database));
}

result<stores> open_sqlite_stores(const std::filesystem::path& file, sqlite_options options) {
    const int ids_at_once = options.decision_ids_at_once;
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    auto count = open_change_count(file);
    if (!count) return count.error();
    stores all = stores_over(*database, ids_at_once);
    all.version = [count = std::move(*count)] { return count->now(); };
    return all;
}

}  // namespace latchkey::store
