// SPDX-License-Identifier: Apache-2.0
//
// The server as one thing: listens, serves until it is told to stop, and drains. Signals: TERM and INT end it, HUP
// reads the TLS files anew. Owner: the command that runs it; run() blocks and makes its own loop and threads.
#pragma once

#include "runner/server/api.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::server {

struct listen_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;              // 0: a free one
    std::filesystem::path tls_certificate;  // both or none
    std::filesystem::path tls_key;
    int threads = 64;                         // for handlers; those that write wait together for the disk
    std::chrono::milliseconds grace{10'000};  // for what is under way when it ends
    int calls_an_hour = 60'000;
    // Called at the start and then every hour, on one of these threads.
    std::function<void()> every_hour;
};

class team_server {
public:
    team_server(const state&, listen_options);
    ~team_server();
    team_server(const team_server&) = delete;
    team_server& operator=(const team_server&) = delete;

    // Takes the address; io, usage, refused: why it can't.
    result<void> open();
    std::string url() const;  // once it is open
    void run();
    // Ends run(), from any thread.
    void stop();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::server
