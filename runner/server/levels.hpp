// SPDX-License-Identifier: Apache-2.0
//
// The API's words for levels (rest-api §5–§7). Pure; any thread.
#pragma once

#include "policy/model.hpp"

#include <optional>
#include <string_view>

namespace latchkey::server {

// MANAGE, USE_ONLY, DELETE_ONLY, DENIED
std::string_view to_word(policy::level);
std::optional<policy::level> level_from(std::string_view);

// DEFAULT, DENIED, READ_ONLY, RUN_ONLY, READ_WRITE
std::string_view to_word(policy::pipeline_level);
std::optional<policy::pipeline_level> pipeline_level_from(std::string_view);

}  // namespace latchkey::server
