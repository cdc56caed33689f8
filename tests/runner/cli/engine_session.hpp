// SPDX-License-Identifier: Apache-2.0
//
// A session of the real program for each real container engine that the tests start; both are gone after the body.
// One thread.
#pragma once

#include "tests/runner/cli/session.hpp"
#include "tests/support/engine.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace latchkey::test {

// Fails where an engine could not be started.
inline void on_each(const std::function<void(const test_engine&, session&)>& body) {
    for (const test_engine& e : test_engines()) {
        CAPTURE(e.name);
        REQUIRE_MESSAGE(!e.socket.empty(), e.why_not);
        session s;
        s.set("DOCKER_HOST", "unix://" + e.socket);
        body(e, s);
    }
}

}  // namespace latchkey::test
