// SPDX-License-Identifier: Apache-2.0
//
// A time zone as a rule: the POSIX text `CET-1CEST,M3.5.0,M10.5.0/3` that a zone file ends with, for times after
// its last listed change. Pure functions, no thread rule.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace latchkey::pipelines {

// What to add to UTC at `now`; nullopt if the text is no such rule.
std::optional<std::chrono::seconds> posix_offset(std::string_view rule, std::chrono::sys_seconds now);

}  // namespace latchkey::pipelines
