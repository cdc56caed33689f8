// SPDX-License-Identifier: Apache-2.0
//
// One fetch or push of a project at a time, on this machine. Private to this room. Blocks; any thread and process.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/descriptor.hpp"

#include <chrono>
#include <filesystem>
#include <optional>

namespace latchkey::source {

// Held as long as it is open. conflict: others have it for longer than our patience; without one, until they are
// done. cancelled: `stop` could be read from.
result<exec::descriptor> locked(const std::filesystem::path& clone, std::optional<std::chrono::milliseconds> patience,
                                int stop = -1);

}  // namespace latchkey::source
