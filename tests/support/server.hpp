// SPDX-License-Identifier: Apache-2.0
//
// A server of a test's own, started by a script of tests/ that writes its port to FOLDER/port; ended with this
// object. One owner, one thread.
#pragma once

#include "tests/support/temp_dir.hpp"

#include <string>

namespace latchkey::test {

class server {
public:
    // `script` is below tests/. Throws with what it printed if it does not come up.
    explicit server(const std::string& script);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    const std::string& port() const { return port_; }
    std::filesystem::path folder() const { return folder_.path(); }

private:
    temp_dir folder_;
    std::string port_;
    int pid_ = -1;
};

}  // namespace latchkey::test
