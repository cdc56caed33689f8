// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/broken_database.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <vector>

namespace latchkey::test {

std::string dump(const std::filesystem::path& file) {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    std::vector<std::string> tables;
    std::string text;
    const auto add_row = [](void* to, int count, char** cells, char**) {
        for (int i = 0; i < count; ++i)
            *static_cast<std::string*>(to) += std::string(cells[i] ? cells[i] : "null") + "|";
        *static_cast<std::string*>(to) += "\n";
        return 0;
    };
    const auto add_name = [](void* to, int, char** cells, char**) {
        static_cast<std::vector<std::string>*>(to)->emplace_back(cells[0]);
        return 0;
    };
    REQUIRE(sqlite3_exec(handle, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", add_name,
                         &tables, nullptr) == SQLITE_OK);
    for (const auto& table : tables) {
        text += "== " + table + "\n";
        REQUIRE(sqlite3_exec(handle, ("SELECT * FROM " + table).c_str(), add_row, &text, nullptr) == SQLITE_OK);
    }
    sqlite3_close(handle);
    return text;
}

}  // namespace latchkey::test
