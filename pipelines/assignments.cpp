// SPDX-License-Identifier: Apache-2.0
#include "pipelines/assignments.hpp"

namespace latchkey::pipelines {

namespace {

bool in_shell_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// What follows a name when a value is given to it: `=`, `+=`.
bool assigns(std::string_view after) {
    return after.starts_with('=') || after.starts_with("+=");
}

// A word after one of these names a variable that is set from elsewhere.
bool reads_into(std::string_view word) {
    return word == "read" || word == "getopts" || word == "mapfile" || word == "readarray";
}

}  // namespace

void add_assigned_names(std::string_view command, std::set<std::string>& names) {
    bool reading = false;
    std::size_t at = 0;
    while (at < command.size()) {
        if (!in_shell_name(command[at])) {
            if (command[at] == '\n' || command[at] == ';' || command[at] == '|' || command[at] == '&')
                reading = false;
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < command.size() && in_shell_name(command[at])) ++at;
        const std::string_view word = command.substr(begin, at - begin);
        if (reading || assigns(command.substr(at))) names.emplace(word);
        reading = reading || reads_into(word);
    }
}

}  // namespace latchkey::pipelines
