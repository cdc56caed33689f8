// SPDX-License-Identifier: Apache-2.0
//
// Moves what a SQLite store holds into a PostgreSQL database, whole or not at all. Free function; blocks; nobody else
// may write to either meanwhile, which the caller sees to for SQLite.
#pragma once

#include "runner/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::store {

// How many rows each table has, in both by then. conflict: the database holds something already, or a server works
// on it. The SQLite file is brought to the newest schema first, and else stays as it is.
result<std::vector<std::pair<std::string, std::int64_t>>> copy_to_postgres(const std::filesystem::path& from,
                                                                           const std::string& url);

}  // namespace latchkey::store
