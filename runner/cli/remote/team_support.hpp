// SPDX-License-Identifier: Apache-2.0
//
// What the commands about a team have in common: lists as tables, one thing as rows, a question before it is removed.
// Private to them. One thread.
#pragma once

#include "runner/cli/remote/commands.hpp"

#include <initializer_list>
#include <utility>

namespace latchkey::cli::remote {

struct column {
    const char* title;
    std::string (*cell)(const json& item);
};

// `none`: what is said where there is none.
int show_list(context&, const result<std::vector<json>>&, const char* name, bool as_json,
              std::initializer_list<column>, const std::string& none);

// Text, a number, yes or no; "–" where there is none.
std::string cell_of(const json& item, const char* name);

int show_one(context&, const result<json>&, bool as_json,
             std::initializer_list<std::pair<const char*, const char*>> label_and_field);

// Asks on a terminal; elsewhere it takes --yes. Nothing: go on.
std::optional<int> stopped_before_removing(place&, const std::string& what, bool yes);

// The call's fault, or what is said when it is done.
int said_when_done(place&, const result<json>&, const std::string& done);

}  // namespace latchkey::cli::remote
