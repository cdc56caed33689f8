// SPDX-License-Identifier: Apache-2.0
//
// What the store itself reads of a run's origin (run_source::origin). Constant data.
#pragma once

#include <string_view>

namespace latchkey::store {

// The number of the event (repository_event_record) that it is made for: of a pipeline there is one run for each.
inline constexpr std::string_view origin_repository_event = "repository_event";

}  // namespace latchkey::store
