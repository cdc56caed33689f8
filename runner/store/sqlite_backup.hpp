// SPDX-License-Identifier: Apache-2.0
//
// A copy of a store that lies in a SQLite file, as it is at one moment, whoever writes to it meanwhile. Blocks; any
// thread, and any process.
#pragma once

#include "runner/error.hpp"

#include <filesystem>

namespace latchkey::store {

// `to` is made (0600) and must not be there. Nobody waits for it: writers go on. corrupt: what was copied is no whole
// database; then nothing is left of it.
result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace latchkey::store
