// SPDX-License-Identifier: Apache-2.0
//
// Manual pages, in mdoc, of the same data that the help is made of: one for the program and one for each of its
// commands, those below it in the same page. Pure; one thread.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace latchkey::cli {

struct man_page {
    std::string name;  // "latchkey-run.1"
    std::string text;
};

// `date`: of the version, as in "November 25, 2026".
std::vector<man_page> man_pages_of(const CLI::App& program, const std::string& date);

}  // namespace latchkey::cli
