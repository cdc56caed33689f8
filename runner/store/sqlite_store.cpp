// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_store.hpp"

#include "runner/store/sql_stores.hpp"
#include "runner/store/sqlite_connection.hpp"

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

}  // namespace

result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, sqlite_options options) {
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    return store_over(std::move(*database));
}

result<stores> open_sqlite_stores(const std::filesystem::path& file, sqlite_options options) {
    auto database = open_database(file, std::move(options));
    if (!database) return database.error();
    return stores_over(*database);
}

}  // namespace latchkey::store
