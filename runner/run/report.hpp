// SPDX-License-Identifier: Apache-2.0
//
// The report of a run that lacks permissions: the same text on the terminal, in the log of events, in the API and in
// the page (design §3). One block for each missing integration, in file order. Pure, no thread rule.
#pragma once

#include "runner/run/missing.hpp"

#include <string>
#include <vector>

namespace latchkey::run {

// The blocks alone, without a headline. `grant_command` is what the asker types to grant ("latchkey retry 42
// --grant").
std::string report_of(const std::vector<missing_integration>&, const std::string& grant_command);

// "✗ deploy #42 failed before it started"
std::string headline_of(const std::string& pipeline, std::int64_t number);

}  // namespace latchkey::run
