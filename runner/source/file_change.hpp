// SPDX-License-Identifier: Apache-2.0
//
// One file of a repository as somebody wants it to be on a branch, and what is refused of such wishes. Value types;
// pure, any thread.
#pragma once

#include "runner/error.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::source {

struct file_change {
    enum class what : unsigned char { add, replace, remove };
    what does = what::add;
    std::string path;
    std::string content;
    std::string branch;  // "main"; empty: the default one
    std::string base;    // the commit that the file was seen in; empty: whatever it is now
    std::string message;
    std::string author_name;
    std::string author_email;
    std::chrono::system_clock::time_point at;
};

// How a branch is after a change.
struct written {
    std::string commit;
    bool made = false;  // the commit is the change's; else the file was so already, and nothing was pushed
};

// Told the commit that is about to be pushed; where it fails nothing is.
using push_notice = std::function<result<void>(const std::string& commit)>;

// Whether a file may be written there: a plain relative path in UTF-8, in no form a way out or into what git keeps.
bool is_writable_path(std::string_view);

// "main" of a branch's name, short or whole; empty: it can't be a branch.
std::string branch_named(std::string_view);

}  // namespace latchkey::source
