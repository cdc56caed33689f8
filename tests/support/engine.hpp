// SPDX-License-Identifier: Apache-2.0
//
// Real container engines for tests, started by the test and ended with it: Docker and Podman's service, each with an
// image `localhost/latchkey-test:1` (busybox and bash). One for a test program; one thread.
#pragma once

#include <string>
#include <vector>

namespace latchkey::test {

inline constexpr auto test_image = "localhost/latchkey-test:1";

struct test_engine {
    std::string name;     // "docker", "podman"
    std::string socket;   // empty: it could not be started …
    std::string why_not;  // … and why: the test has to fail, or say so
    int pid = -1;
};

// The same image with what lies in a folder (empty: nothing) laid over its files, as engine.sh says. Throws.
void import_image(const std::string& socket, const std::string& name, const std::string& overlay);

// Started when first asked for. Empty, with a message on standard error, where we are not root: engines need it.
const std::vector<test_engine>& test_engines();

}  // namespace latchkey::test
