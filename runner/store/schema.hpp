// SPDX-License-Identifier: Apache-2.0
//
// The numbered schema files that are built into the program (schema/*.sql), in order. Constant data.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::store {

struct embedded_file {
    std::string_view name;
    std::string_view text;
};

std::span<const embedded_file> schema_files();

}  // namespace latchkey::store
