// SPDX-License-Identifier: Apache-2.0
//
// What names an integration in a pipeline file: its identifier's form, and one made from a name. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::pipelines {

// Letters, digits, - and _, a letter first, 100 at most.
bool is_identifier(std::string_view);
// "Slack production" → "slack_production"; may be empty, where the name has no letter.
std::string identifier_from(std::string_view name);

}  // namespace latchkey::pipelines
