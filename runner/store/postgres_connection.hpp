// SPDX-License-Identifier: Apache-2.0
//
// What is PostgreSQL's own: a connection, whose turn it is to write, and how it is brought to the newest schema.
// Everything else in the store is the SQL that SQLite takes too. Free functions, no thread rule.
#pragma once

#include "runner/store/postgres_store.hpp"
#include "runner/store/sql_connection.hpp"

namespace latchkey::store {

// Throws sql_error.
std::unique_ptr<sql_connection> connect_postgres(const std::string& url, const postgres_options&);
void migrate_postgres(sql_connection&);
// For as long as it is connected, it alone is the one that writes. conflict: another is.
void claim_alone(sql_connection&);

}  // namespace latchkey::store
