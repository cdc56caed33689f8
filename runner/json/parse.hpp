// SPDX-License-Identifier: Apache-2.0
//
// JSON from outside, read with bounds: what is nested too deeply is never made, and a key that is there twice, which
// two readers would read differently, is refused. Pure; any thread.
#pragma once

#include "runner/error.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace latchkey {

// usage: it is no JSON, nested deeper than 64 levels, or has a key twice. The text's size is the caller's to bound.
result<nlohmann::json> parse_json(std::string_view text);

}  // namespace latchkey
