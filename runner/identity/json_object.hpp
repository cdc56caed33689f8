// SPDX-License-Identifier: Apache-2.0
//
// JSON from another server or inside a token: one object, bounded, with no key twice. Pure; any thread.
#pragma once

#include "runner/error.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::identity {

// invalid: it is no JSON object, is nested too deeply, or has a key twice. `what` names it in the message.
result<nlohmann::json> read_object(std::string_view text, std::string_view what);

// A member of that kind; none: it is not there, or is something else.
std::optional<std::string> text_of(const nlohmann::json& object, const char* name);
// A whole number: what stands after a point is cut off, and what no time can be is none.
std::optional<std::int64_t> number_of(const nlohmann::json& object, const char* name);

}  // namespace latchkey::identity
