// SPDX-License-Identifier: Apache-2.0
//
// What agents cost: claims of waiting work a second, and the connections of agents that wait.
//   bench_agents claims sqlite:FILE|postgresql://… COUNT         → claims a second, one after another
//   bench_agents idle PORT COUNT SECONDS SERVER_PID          → KB of the server's memory and processor time,
//   each bench_agents wait PORT COUNT RUNS PIPELINE               → how long runs wait for an idle agent,
//   median and p99
// LATCHKEY_TOKEN is an administrator's. tests/bench/agents.py starts what it is measured against, and prints the
// table.
#include "runner/agent/protocol.hpp"
#include "runner/client/transport.hpp"
#include "runner/json/parse.hpp"
#include "runner/store/postgres_store.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/key_pairs.hpp"
#include "runner/vault/sha256.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace latchkey;
using nlohmann::json;
using bench_clock = std::chrono::steady_clock;

namespace {

policy::time_point now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

double seconds_since(bench_clock::time_point began) {
    return std::chrono::duration<double>(bench_clock::now() - began).count();
}

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "bench_agents: %s\n", why.c_str());
    std::exit(1);
}

int claims(const std::string& url, int count) {
    const std::string scheme = "sqlite:";
    auto all = url.starts_with(scheme)
                   ? store::open_sqlite_stores(url.substr(scheme.size()), {.level = store::durability::full})
                   : store::open_postgres_stores(url, {});
    if (!all) fail(all.error().what);
    store::agents& queue = *all->machines;
    store::agent_record agent;
    agent.id = 1;
    agent.name = "bench";
    agent.pool = "default";
    agent.cpu = "X64";
    for (int i = 0; i < count; ++i)
        if (auto made = queue.enqueue({.run = policy::run_id(1'000'000 + i)}, now()); !made) fail(made.error().what);
    const auto began = bench_clock::now();
    for (int i = 0; i < count; ++i) {
        auto work = queue.claim(agent, "lease", now(), now() + std::chrono::seconds(30));
        if (!work || !*work) fail("a claim found nothing");
        if (auto done = queue.finish((*work)->id); !done) fail(done.error().what);
    }
    std::printf("%.0f\n", count / seconds_since(began));
    return 0;
}

// An agent as far as a server can tell, on a connection of its own.
struct idle_agent {
    vault::key_pairs keys = vault::key_pairs::make();
    std::int64_t number = 0;
    int fd = -1;
    std::string session;
    std::string got;
};

json call(int port, const std::string& token, const std::string& method, const std::string& path, const json& body) {
    const auto where =
        client::endpoint_from("http://127.0.0.1:" + std::to_string(port), client::plain_http::to_this_machine);
    client::request r{method, path, {}, body.is_null() ? "" : body.dump()};
    auto reply = client::exchange({*where, ""}, vault::secret(std::string(token)), r);
    if (!reply || reply->status >= 300) fail(reply ? reply->body : reply.error().what);
    return reply->body.empty() ? json() : *parse_json(reply->body);
}

void send_poll(idle_agent& a, std::int64_t after = 0) {
    const std::string target = std::string(agent::base_path) + "/poll";
    const std::string body = json{{"protocol", agent::protocol_version},
                                  {"version", "bench"},
                                  {"session", a.session},
                                  {"boot", "bench"},
                                  {"after", after},
                                  {"capacity", 1},
                                  {"free", 1}}
                                 .dump();
    vault::sha256 hash;
    hash.add(body);
    const std::string id = std::to_string(a.number);
    const std::string time =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count());
    const std::string nonce = vault::random_hex(12);
    const std::string signature = a.keys.sign(agent::text_to_sign(id, "POST", target, hash.hex(), time, nonce, ""));
    const std::string request =
        "POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Latchkey-Agent " + id + "." + time + "." +
        nonce + "." + signature +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::send(a.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        fail("a connection was cut off");
    a.got.clear();
}

// What has come of an answer; its body once it is whole.
std::optional<json> take(idle_agent& a) {
    char bytes[4096];
    const ssize_t n = ::recv(a.fd, bytes, sizeof bytes, 0);
    if (n <= 0) fail("a connection was cut off");
    a.got.append(bytes, static_cast<std::size_t>(n));
    if (!a.got.ends_with("\r\n0\r\n\r\n")) return std::nullopt;
    const std::size_t from = a.got.find('{');
    const std::size_t to = a.got.rfind('}');
    if (from == std::string::npos || to == std::string::npos) fail("an answer was refused: " + a.got);
    auto body = parse_json(std::string_view(a.got).substr(from, to - from + 1));
    if (!body) fail(body.error().what);
    return std::move(*body);
}

std::vector<idle_agent> connect_all(int port, const std::string& token, int count) {
    std::vector<idle_agent> all(static_cast<std::size_t>(count));
    const std::string mark = vault::random_hex(4);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const json allowed = call(port, token, "POST", "/latchkey/v1/agents/registrations", json::object());
        const json made = call(port, "", "POST", "/latchkey/v1/agent/register",
                               {{"token", allowed["token"]},
                                {"name", "bench-" + mark + "-" + std::to_string(i)},
                                {"signing_key", all[i].keys.signing_key()},
                                {"sealing_key", all[i].keys.sealing_key()},
                                {"version", "bench"},
                                {"protocol", agent::protocol_version}});
        all[i].number = made["id"];
    }
    return all;
}

void begin_polling(std::vector<idle_agent>& all, int port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (idle_agent& a : all) {
        a.fd = ::socket(AF_INET, SOCK_STREAM, 0);
        if (::connect(a.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("can't connect");
        // The first answer says which server it is.
        send_poll(a);
        std::optional<json> said;
        while (!said) said = take(a);
        a.session = (*said)["session"];
        send_poll(a);
    }
}

struct standing {
    double memory_kb = 0;
    double processor_seconds = 0;
};

standing of_process(int pid) {
    standing s;
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) s.memory_kb = std::stod(line.substr(6));
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    for (int i = 1; i <= 15 && stat >> word; ++i)
        if (i >= 14) s.processor_seconds += std::stod(word) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return s;
}

int idle(int port, const std::string& token, int count, int seconds, int pid) {
    auto all = connect_all(port, token, count);
    const standing before = of_process(pid);
    begin_polling(all, port);
    const standing connected = of_process(pid);
    const auto began = bench_clock::now();
    std::vector<pollfd> watched;
    for (const idle_agent& a : all) watched.push_back({a.fd, POLLIN, 0});
    while (seconds_since(began) < seconds) {
        if (::poll(watched.data(), watched.size(), 200) <= 0) continue;
        for (std::size_t i = 0; i < watched.size(); ++i)
            if ((watched[i].revents & POLLIN) != 0)
                if (take(all[i])) send_poll(all[i]);
    }
    const standing after = of_process(pid);
    std::printf("%.1f %.2f\n", (std::max(connected.memory_kb, after.memory_kb) - before.memory_kb) / count,
                100 * (after.processor_seconds - connected.processor_seconds) / seconds_since(began));
    return 0;
}

int wait(int port, const std::string& token, int count, int runs, const std::string& pipeline) {
    auto all = connect_all(port, token, count);
    begin_polling(all, port);
    std::vector<pollfd> watched;
    for (const idle_agent& a : all) watched.push_back({a.fd, POLLIN, 0});
    std::vector<double> waited;
    for (int i = 0; i < runs; ++i) {
        const auto began = bench_clock::now();
        const json made = call(port, token, "POST", pipeline + "/executions", json::object());
        // Each keeps what it got: the next run is for another one.
        for (bool taken = false; !taken;) {
            if (::poll(watched.data(), watched.size(), 10'000) <= 0) fail("nobody was given the run");
            for (std::size_t n = 0; n < watched.size(); ++n) {
                if ((watched[n].revents & POLLIN) == 0) continue;
                const auto said = take(all[n]);
                if (!said) continue;
                if ((*said)["orders"].empty()) {
                    send_poll(all[n]);
                    continue;
                }
                watched[n].fd = -1;
                taken = true;
            }
        }
        waited.push_back(seconds_since(began) * 1000);
    }
    std::ranges::sort(waited);
    std::printf("%.1f %.1f\n", waited[waited.size() / 2], waited[waited.size() * 99 / 100]);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "claims") return claims(words[1], std::stoi(words[2]));
    const char* token = std::getenv("LATCHKEY_TOKEN");
    if (words.size() == 5 && token != nullptr && words[0] == "idle")
        return idle(std::stoi(words[1]), token, std::stoi(words[2]), std::stoi(words[3]), std::stoi(words[4]));
    if (words.size() == 5 && token != nullptr && words[0] == "wait")
        return wait(std::stoi(words[1]), token, std::stoi(words[2]), std::stoi(words[3]), words[4]);
    fail("say claims, idle or wait");
}
