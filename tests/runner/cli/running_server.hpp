// SPDX-License-Identifier: Apache-2.0
//
// `latchkey server` of a session, as a process that is told to end with this object. One thread asks; its output is
// read by a thread of its own.
#pragma once

#include "tests/runner/cli/session.hpp"
#include "tests/support/api_client.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

class running_server {
public:
    // Starts `latchkey server WORDS…` in the session's project, on a free port unless the words say where.
    explicit running_server(const session&, const std::vector<std::string>& words = {});
    // Another command that goes on until it is told to end: `latchkey COMMAND WORDS…`.
    running_server(const session&, const std::string& command, const std::vector<std::string>& words);
    // kill -9, if it still runs.
    ~running_server();
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    // Until it has printed this, from where the last wait ended; false: it has ended, or a minute has passed.
    bool wait_for(const std::string& text);
    // Waits until it serves; throws with what it said instead.
    void wait_until_up();
    std::uint16_t port() const { return port_; }
    const std::string& url() const { return url_; }
    std::string output() const;
    int pid() const { return pid_; }

    void signal(int) const;
    // Waits for its end; 128 and the signal's number where one ended it.
    int wait();

    api_reply ask(const std::string& method, const std::string& target, const std::string& token = {},
                  const nlohmann::json& body = nullptr) const;

private:
    void read_output();

    int pid_ = -1;
    int from_ = -1;
    std::string url_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable more_;
    std::string said_;
    std::size_t looked_ = 0;
    bool silent_ = false;
    std::jthread reader_;
};

}  // namespace latchkey::test
