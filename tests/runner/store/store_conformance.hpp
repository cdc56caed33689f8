// SPDX-License-Identifier: Apache-2.0
//
// What every store must do, told as one function of a factory, so that each implementation runs the same suite; and
// the small values that the store's tests build with.
#pragma once

#include "runner/store/store.hpp"

#include <functional>
#include <memory>

namespace latchkey::test {

using store_factory = std::function<std::unique_ptr<store::store>()>;  // each call: another handle on the same facts

// Runs as doctest subcases of the calling case; `fresh` yields the factory of an empty store.
void check_store_conformance(const std::function<store_factory()>& fresh);

constexpr policy::time_point at(std::int64_t ms) {
    return policy::time_point(std::chrono::milliseconds(ms));
}
run::event make_event(std::int64_t sequence, run::event_kind, run::status, std::string text = "");
// A store with one project, one pipeline "deploy", one integration "slack", and one run that has failed.
struct world {
    policy::user_id owner{1};
    policy::project_id project;
    policy::pipeline_id pipeline;
    store::integration_record slack;
    store::run_record run;
};
world make_world(store::store&);
store::integration_record slack_record();
void end_attempt(store::store&, policy::run_id, int attempt);
// Walks the whole chain; returns the number of entries, or minus the first broken one.
std::int64_t verify_audit(store::store&);

}  // namespace latchkey::test
