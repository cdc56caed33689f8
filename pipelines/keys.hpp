// SPDX-License-Identifier: Apache-2.0
//
// The keys that may stand in each part of a pipeline file, and the slips that can mean one of them only. What is
// in no table is not an error: real files hold keys that no documentation names.
// Constant data; any thread may call it.
#pragma once

#include <span>
#include <string_view>

namespace latchkey::pipelines {

enum class key_scope : unsigned char { pipeline, event, variable, condition, target, action };

std::span<const std::string_view> known_keys(key_scope);  // sorted
bool is_known_key(key_scope, std::string_view key);

// `disable` -> `disabled`; empty for a known key and for one that could mean anything.
std::string_view meant_key(key_scope, std::string_view written);

}  // namespace latchkey::pipelines
