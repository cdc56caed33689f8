// SPDX-License-Identifier: Apache-2.0
//
// What is SQLite's own: the file and its modes, set-up of a connection, and the words of its schema dialect.
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
// Held by one process at a time while it sets a database up; released when closed.
class setup_lock {
public:
    explicit setup_lock(const std::filesystem::path& file);  // throws sql_error
    ~setup_lock();
    setup_lock(const setup_lock&) = delete;
    setup_lock& operator=(const setup_lock&) = delete;

private:
    int folder_ = -1;
};
void use_write_ahead_log(sql_connection&);
bool has_table(sql_connection&, const std::string& name);
// {id}, {int} and {strict} of the schema files.
std::string in_sqlite_dialect(std::string_view schema);

}  // namespace latchkey::store
