// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_store.hpp"

#include "runner/store/migrate.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/sqlite_connection.hpp"

namespace latchkey::store {

result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file, sqlite_options options) {
    if (auto fine = prepare_sqlite_file(file); !fine) return fine.error();
    try {
        auto writer = connect_sqlite(file, options);
        migrate(*writer, file);
        auto connect = [file, options = std::move(options)] { return connect_sqlite(file, options); };
        return std::unique_ptr<store>(
            std::make_unique<sql_store>(std::make_shared<sql_database>(std::move(writer), std::move(connect))));
    } catch (const sql_error& error) {
        return error.why;
    }
}

}  // namespace latchkey::store
