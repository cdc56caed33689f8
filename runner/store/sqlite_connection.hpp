// SPDX-License-Identifier: Apache-2.0
//
// What is SQLite's own: the file and its modes, set-up of a connection, and how it is brought to the newest schema.
// Everything else in the store is SQL that another database would take too. Free functions, no thread rule.
#pragma once

#include "runner/store/sql_connection.hpp"
#include "runner/store/sqlite_store.hpp"

#include <filesystem>

namespace latchkey::store {

// Makes folder and file when missing; refused: they are not only ours.
result<void> prepare_sqlite_file(const std::filesystem::path& file);
// Throws sql_error.
std::unique_ptr<sql_connection> connect_sqlite(const std::filesystem::path& file, const sqlite_options&);
// Brings it to the newest schema. Throws sql_error.
void migrate_sqlite(sql_connection&, const std::filesystem::path& file);

}  // namespace latchkey::store
