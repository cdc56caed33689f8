// SPDX-License-Identifier: Apache-2.0
//
// An event of a repository as pairs of texts, as a store keeps it. Pure; any thread.
#pragma once

#include "runner/triggers/event.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::triggers {

using fact_list = std::vector<std::pair<std::string, std::string>>;

fact_list facts_of(const repository_event&);
// Nothing: they are none of an event. What says nothing of a fork is one's.
std::optional<repository_event> event_from(const fact_list&);

}  // namespace latchkey::triggers
