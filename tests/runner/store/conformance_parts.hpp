// SPDX-License-Identifier: Apache-2.0
//
// The chapters of the conformance suite. Each makes the stores it needs from the factory it is given.
#pragma once

#include "tests/runner/store/store_conformance.hpp"

namespace latchkey::test {

using fresh_store = std::function<store_factory()>;

void check_identity(const fresh_store&);
void check_integrations(const fresh_store&);
void check_grants(const fresh_store&);
void check_runs(const fresh_store&);

}  // namespace latchkey::test
