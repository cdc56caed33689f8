// SPDX-License-Identifier: Apache-2.0
//
// The store that a test works on: SQLite, or PostgreSQL where LATCHKEY_TEST_STORE is "postgresql", so that the same
// tests run on both. PostgreSQL's server is started when it is first asked for, one for a test program. One thread.
#pragma once

#include "runner/store/stores.hpp"

#include <filesystem>
#include <string>

namespace latchkey::test {

bool on_postgres();
// The address of a database of its own for each place; the same place is the same database.
std::string postgres_at(const std::filesystem::path& place);

// Each call: another handle on what lies at the place, which may be new. Throws where it can't be opened.
std::unique_ptr<store::store> open_store(const std::filesystem::path& place);
store::stores open_stores(const std::filesystem::path& place);
// One statement on what lies there, behind the store's back: a past that no call can make.
void run_sql(const std::filesystem::path& place, const std::string& statement);

}  // namespace latchkey::test
