// SPDX-License-Identifier: Apache-2.0
//
// Brings a database to the newest schema: numbered files, forward only, each in the database with the checksum of
// its text. Several processes may start at once. Free function; the connection is the caller's.
#pragma once

#include "runner/store/sql_connection.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::store {

// What a kind of database needs said in its own words.
struct migration_manner {
    std::string (*in_dialect)(std::string_view schema);  // puts in the words in braces
    std::string_view has_versions;                       // a query: a row where there is a table schema_versions
    std::function<std::shared_ptr<void>()> alone;        // waits; nobody else sets up while what it gives is kept
};

// One cheap read when nothing is to be done. corrupt: another schema than this program's. Throws sql_error.
void migrate(sql_connection&, const migration_manner&);
// For dialects.
void replace_word(std::string& text, std::string_view word, std::string_view by);

}  // namespace latchkey::store
