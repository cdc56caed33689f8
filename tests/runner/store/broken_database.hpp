// SPDX-License-Identifier: Apache-2.0
//
// A database whose statements fail on purpose, and all that a database holds as one text: what shows that nothing was
// half-written. One thread.
#pragma once

#include "runner/store/sqlite_store.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace latchkey::test {

// Every row of every table.
std::string dump(const std::filesystem::path& file);

struct breaker {
    int until = -1;  // statements to let pass; -1: all
    int seen = 0;
    store::sqlite_options options() {
        store::sqlite_options chosen;
        chosen.before_statement = [this](std::string_view) {
            if (seen++ == until) throw std::runtime_error("broken on purpose");
        };
        return chosen;
    }
};

}  // namespace latchkey::test
