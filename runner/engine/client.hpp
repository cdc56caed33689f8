// SPDX-License-Identifier: Apache-2.0
//
// A container engine (Docker, or Podman's service) behind its unix socket, spoken to in the Docker Engine API 1.41.
// Connections are kept and used again. One loop; nothing blocks it. What one waits for ends with errc::cancelled when
// its coroutine is cancelled; the engine then sees the connection close.
#pragma once

#include "runner/engine/http_connection.hpp"

#include <chrono>

namespace latchkey::engine {

// Sockets where an engine may listen, in the order they are tried: $DOCKER_HOST (unix:// only) alone where it is set,
// else Docker's own, then Podman's.
std::vector<std::string> likely_sockets();

struct answer {
    int status = 0;
    std::string body;
};

struct engine_facts {
    std::string name;  // "Docker Engine", "Podman"
    std::string version;
    std::string api_version;
    // Its wait looks a few times a second only whether a container has ended (Podman): look oneself, too.
    bool waits_late() const { return name.find("Podman") != std::string::npos; }
};

class client {
public:
    client(boost::asio::any_io_executor, std::string socket);

    const std::string& socket() const { return socket_; }
    const boost::asio::any_io_executor& executor() const { return executor_; }

    // One call; its answer whole, whatever its status. `target` begins after the version: "/containers/json". engine:
    // it took longer than `limit`.
    async::task<result<answer>> call(std::string method, std::string target, std::string json = {},
                                     std::vector<std::pair<std::string, std::string>> headers = {},
                                     std::chrono::seconds limit = std::chrono::seconds(60));
    // A call whose answer is read as it comes, on a connection of its own.
    struct opened {
        int status = 0;
        std::unique_ptr<http_connection> connection;
    };
    async::task<result<opened>> open(std::string method, std::string target, std::string json = {},
                                     std::vector<std::pair<std::string, std::string>> headers = {});
    // A connection for a request with a long body, and the target that it needs.
    async::task<result<std::unique_ptr<http_connection>>> connect();
    static std::string versioned(const std::string& target);

    async::task<result<engine_facts>> facts();

private:
    async::task<result<answer>> call_without_limit(http_request);

    boost::asio::any_io_executor executor_;
    std::string socket_;
    std::vector<std::unique_ptr<http_connection>> idle_;
};

// The engine's own words for why it refused; its status where it has none.
std::string reason_in(const answer&);
// "the container engine can't WHAT: …"
failure cannot(const std::string& what, const answer&);

}  // namespace latchkey::engine
