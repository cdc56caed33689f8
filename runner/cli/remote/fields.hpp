// SPDX-License-Identifier: Apache-2.0
//
// Fields of JSON that came from a server, which may be of any kind: what is not as it should be reads as absent.
// Pure, no thread rule.
#pragma once

#include "policy/model.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::cli::remote {

using json = nlohmann::json;

// Null where there is none.
const json& field(const json& object, const char* name);
std::string text_in(const json& object, const char* name);
std::int64_t number_in(const json& object, const char* name);  // 0: there is none
bool flag_in(const json& object, const char* name);
const std::vector<json>& list_in(const json& object, const char* name);
// "2026-01-02T03:04:05.678Z"
std::optional<policy::time_point> time_in(const json& object, const char* name);

// As one document on one line.
std::string one_line(const json&);

}  // namespace latchkey::cli::remote
