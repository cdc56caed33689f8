// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace latchkey::test {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("can't read " + path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("can't write " + path.string());
}

std::string compare_golden(const std::filesystem::path& path, std::string_view actual) {
    const std::filesystem::path file = std::filesystem::path(LATCHKEY_SOURCE_DIR) / "tests" / path;
    if (std::getenv("ACCEPT") != nullptr) {
        write_file(file, actual);
        return "accepted into " + path.string() + ": run again without ACCEPT";
    }
    if (!std::filesystem::exists(file))
        return "no " + path.string() + " (ACCEPT=1 writes it)\n--- actual ---\n" + std::string(actual);
    const std::string expected = read_file(file);
    if (expected == actual) return {};
    return path.string() + " differs\n--- expected ---\n" + expected + "\n--- actual ---\n" + std::string(actual);
}

}  // namespace latchkey::test
