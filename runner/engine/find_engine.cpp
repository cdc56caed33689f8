// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/find_engine.hpp"

namespace latchkey::engine {

async::task<result<std::pair<std::string, engine_facts>>> find_engine(boost::asio::any_io_executor executor) {
    std::string tried;
    for (const std::string& socket : likely_sockets()) {
        client c(executor, socket);
        auto facts = co_await c.facts();
        if (facts) co_return std::pair(socket, std::move(*facts));
        if (facts.error().code == errc::cancelled) co_return facts.error();
        tried += (tried.empty() ? "" : "; ") + facts.error().what;
    }
    if (tried.empty()) tried = "DOCKER_HOST names no unix:// socket";
    co_return failure(errc::engine, tried);
}

}  // namespace latchkey::engine
