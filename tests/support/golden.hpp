// SPDX-License-Identifier: Apache-2.0
//
// Golden texts: what a user sees is compared, whole, with a file kept beside the test. ACCEPT=1 in the
// environment writes the file anew and fails the test, so that an accepting run never looks green.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace latchkey::test {

// Empty when `actual` equals the file at `path` (relative to tests/); else a message with both texts.
std::string compare_golden(const std::filesystem::path& path, std::string_view actual);

std::string read_file(const std::filesystem::path&);
void write_file(const std::filesystem::path&, std::string_view);

}  // namespace latchkey::test

#define CHECK_GOLDEN(path, actual) CHECK_EQ(::latchkey::test::compare_golden(path, actual), "")
