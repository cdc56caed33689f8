// SPDX-License-Identifier: Apache-2.0
//
// Each method that changes variables, environments, webhooks and the like, for tests that break it half-way. Values;
// any thread.
#pragma once

#include "tests/runner/store/team_world.hpp"

#include <functional>
#include <string>
#include <vector>

namespace latchkey::test {

struct changing_method {
    std::string name;
    std::function<bool(store::stores&, const team_world&)> call;  // whether it succeeded
};

// One of each, which the methods below change.
void add_resources(store::stores&, const team_world&);
std::vector<changing_method> changing_resources();

}  // namespace latchkey::test
