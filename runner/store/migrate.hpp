// SPDX-License-Identifier: Apache-2.0
//
// Brings a database to the newest schema: numbered files, forward only, each in the database with the checksum of
// its text. Several processes may start at once. Free function; the connection is the caller's.
#pragma once

#include "runner/store/sql_connection.hpp"

#include <filesystem>

namespace latchkey::store {

// One cheap read when nothing is to be done. corrupt: another schema than this program's. Throws sql_error.
void migrate(sql_connection&, const std::filesystem::path& file);

}  // namespace latchkey::store
