// SPDX-License-Identifier: Apache-2.0
//
// Git in a session's project, as its user calls it. Free functions, no thread rule.
#pragma once

#include "tests/runner/cli/session.hpp"

#include <doctest/doctest.h>

#include <string>

namespace latchkey::test {

inline std::string git(const session& s, const std::string& words) {
    const said done = s.program({"/bin/sh", "-c", "git -c user.name=Ana -c user.email=ana@acme.test " + words});
    CAPTURE(words);
    CAPTURE(done.out);
    REQUIRE_EQ(done.code, 0);
    return done.out.substr(0, done.out.find('\n'));
}

// All that is there, as a commit; its id.
inline std::string commit_all(const session& s, const std::string& message) {
    git(s, "add -A");
    git(s, "commit -q --allow-empty -m '" + message + "'");
    return git(s, "rev-parse HEAD");
}

inline bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

}  // namespace latchkey::test
