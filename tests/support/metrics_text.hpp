// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of Prometheus' text format 0.0.4, which refuses what scrapers only tolerate. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace latchkey::test {

// Samples by name and labels as they stand: `a_total{b="c"}` → 3. Throws with the line that is wrong: each family has
// HELP and TYPE, once and first, and its samples together; names and labels are of the allowed characters; counters
// end in _total and are not negative; a histogram's buckets rise to +Inf, which is its count; no sample is there
// twice.
std::map<std::string, double> read_metrics(std::string_view text);

}  // namespace latchkey::test
