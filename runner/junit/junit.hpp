// SPDX-License-Identifier: Apache-2.0
//
// JUnit's XML: reports of tests, read from what an action has left, and a run, written as one. What is read is
// bounded in size, depth and number; there are no document types, so no entity is expanded and nothing else is ever
// opened. The only user of the XML library. Pure functions, no thread rule.
#pragma once

#include "runner/error.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::junit {

inline constexpr std::size_t largest_report = 16U << 20U;
inline constexpr std::size_t most_failures = 10;  // that are named

struct report {
    int tests = 0;
    int failed = 0;  // errors too
    int skipped = 0;
    std::vector<std::string> failures;  // the first: "name: message", each in one line

    void add(const report&);
    // "120 tests, 2 failed, 1 skipped"
    std::string summary() const;
};

// invalid: it is no such report.
result<report> read(std::string_view bytes);

enum class outcome : unsigned char { passed, failed, error, skipped };

struct test_case {
    std::string name;
    junit::outcome outcome = outcome::passed;
    std::string message;  // in a line
    std::string text;     // more of it
    std::chrono::milliseconds took{0};
};

// A suite of this name. What XML can't hold is replaced.
std::string write(const std::string& suite, const std::vector<test_case>&);

}  // namespace latchkey::junit
