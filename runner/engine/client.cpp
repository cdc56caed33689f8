// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <unistd.h>

namespace latchkey::engine {

namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_answer = 16UL * 1024 * 1024;
constexpr std::size_t most_idle = 8;

// Podman says in its components what it is; Docker's first one is the engine.
engine_facts facts_in(const nlohmann::json& said) {
    engine_facts f;
    f.name = "Docker Engine";
    f.version = said.value("Version", "");
    f.api_version = said.value("ApiVersion", "");
    for (const auto& component : said.value("Components", nlohmann::json::array()))
        if (component.value("Name", "").starts_with("Podman")) f.name = "Podman";
    return f;
}

}  // namespace

std::vector<std::string> likely_sockets() {
    constexpr std::string_view scheme = "unix://";
    if (const char* host = std::getenv("DOCKER_HOST"); host != nullptr && *host != '\0') {
        const std::string_view named(host);
        if (named.starts_with(scheme)) return {std::string(named.substr(scheme.size()))};
        return {};
    }
    std::vector<std::string> sockets{"/var/run/docker.sock"};
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime != '\0') {
        sockets.push_back(std::string(runtime) + "/docker.sock");
        sockets.push_back(std::string(runtime) + "/podman/podman.sock");
    }
    sockets.emplace_back("/run/podman/podman.sock");
    return sockets;
}

client::client(asio::any_io_executor executor, std::string socket)
    : executor_(std::move(executor)), socket_(std::move(socket)) {}

std::string client::versioned(const std::string& target) {
    return "/v1.41" + target;
}

async::task<result<std::unique_ptr<http_connection>>> client::connect() {
    co_return co_await http_connection::connect(executor_, socket_);
}

async::task<result<answer>> client::call(std::string method, std::string target, std::string json,
                                         std::vector<std::pair<std::string, std::string>> headers,
                                         std::chrono::seconds limit) {
    using namespace asio::experimental::awaitable_operators;
    http_request r{std::move(method), versioned(target), std::move(headers), json.empty() ? "" : "application/json",
                   std::move(json)};
    const std::string what = r.method + " " + target.substr(0, target.find('?'));
    // The branches below would not know of a cancellation before them.
    if (co_await async::cancelled())
        co_return failure(errc::cancelled, "a request to the container engine was cancelled");
    asio::steady_timer timer(executor_, limit);
    auto done = co_await (call_without_limit(std::move(r)) || timer.async_wait(async::nothrow));
    if (auto* said = std::get_if<0>(&done)) co_return std::move(*said);
    co_return failure(errc::engine, "the container engine did not answer " + what + " within " +
                                        std::to_string(limit.count()) + " seconds");
}

async::task<result<answer>> client::call_without_limit(http_request r) {
    // An idle connection may have been closed by the engine meanwhile: then a new one is tried, unless the engine may
    // have begun to act.
    while (!idle_.empty() && r.method == "GET") {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        const auto status = co_await connection->send(r);
        if (!status && status.error().code == errc::cancelled) co_return status.error();
        if (!status) continue;
        auto body = co_await connection->read_all(longest_answer);
        if (!body) co_return body.error();
        if (connection->reusable()) idle_.push_back(std::move(connection));
        co_return answer{*status, std::move(*body)};
    }
    auto connection = co_await connect();
    if (!connection) co_return connection.error();
    const auto status = co_await (*connection)->send(r);
    if (!status) co_return status.error();
    auto body = co_await (*connection)->read_all(longest_answer);
    if (!body) co_return body.error();
    if ((*connection)->reusable() && idle_.size() < most_idle) idle_.push_back(std::move(*connection));
    co_return answer{*status, std::move(*body)};
}

async::task<result<client::opened>> client::open(std::string method, std::string target, std::string json,
                                                 std::vector<std::pair<std::string, std::string>> headers) {
    auto connection = co_await connect();
    if (!connection) co_return connection.error();
    const http_request r{std::move(method), versioned(target), std::move(headers),
                         json.empty() ? "" : "application/json", std::move(json)};
    const auto status = co_await (*connection)->send(r);
    if (!status) co_return status.error();
    co_return opened{*status, std::move(*connection)};
}

async::task<result<engine_facts>> client::facts() {
    auto said = co_await call("GET", "/version", {}, {}, std::chrono::seconds(10));
    if (!said) co_return said.error();
    const auto json = nlohmann::json::parse(said->body, nullptr, false);
    if (said->status != 200 || !json.is_object())
        co_return failure(errc::engine, "what listens at " + socket_ + " is no container engine");
    co_return facts_in(json);
}

std::string reason_in(const answer& a) {
    const auto json = nlohmann::json::parse(a.body, nullptr, false);
    if (json.is_object()) {
        for (const char* key : {"message", "cause"})
            if (const auto at = json.find(key);
                at != json.end() && at->is_string() && !at->get<std::string>().empty())
                return at->get<std::string>();
    }
    return "status " + std::to_string(a.status);
}

failure cannot(const std::string& what, const answer& a) {
    return {errc::engine, "the container engine can't " + what + ": " + reason_in(a)};
}

}  // namespace latchkey::engine
