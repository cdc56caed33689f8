// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/containers.hpp"

#include "runner/engine/frames.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey::engine {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto nothing_kept = "none";

bool good(const answer& a) {
    return a.status >= 200 && a.status < 300;
}

// Bytes that are no UTF-8 can't be sent; the engine would take them for others.
result<std::string> text_of(const json& j) {
    try {
        return j.dump();
    } catch (const json::exception&) {
        return failure(errc::engine,
                       "the container engine takes no text that is not UTF-8: look at names, paths and variables");
    }
}

json body_of(const container_spec& s) {
    json mounts = json::array();
    for (const bind_mount& m : s.mounts)
        mounts.push_back({{"Type", m.volume ? "volume" : "bind"},
                          {"Source", m.source},
                          {"Target", m.target},
                          {"ReadOnly", m.read_only}});
    json host = {{"Mounts", std::move(mounts)}, {"NetworkMode", s.network}};
    host["LogConfig"] = {{"Type", s.keep_output ? "json-file" : nothing_kept}};
    if (s.memory_bytes > 0) {
        host["Memory"] = s.memory_bytes;
        host["MemorySwap"] = s.memory_bytes;  // the same: no swap on top
    }
    if (s.cpus > 0) host["NanoCpus"] = static_cast<std::int64_t>(std::llround(s.cpus * 1e9));
    if (s.pids > 0) host["PidsLimit"] = s.pids;
    json body = {{"Image", s.image}, {"Cmd", s.command}, {"HostConfig", std::move(host)}};
    if (s.entrypoint) body["Entrypoint"] = *s.entrypoint;
    body["Env"] = s.environment;
    body["Labels"] = s.labels;
    body["AttachStdout"] = true;
    body["AttachStderr"] = true;
    if (!s.working_directory.empty()) body["WorkingDir"] = s.working_directory;
    if (!s.user.empty()) body["User"] = s.user;
    if (!s.aliases.empty()) body["NetworkingConfig"]["EndpointsConfig"][s.network]["Aliases"] = s.aliases;
    return body;
}

std::string label_filter(const std::string& label) {
    return "filters=" +
           percent_encoded(json{{"label", {label}}}.dump(-1, ' ', false, json::error_handler_t::replace));
}

async::task<result<std::string>> read_frames(http_connection& connection) {
    frames f;
    std::string all;
    std::string piece(16UL * 1024, '\0');
    constexpr std::size_t most = 1UL << 20U;
    for (;;) {
        const auto n = co_await connection.read(boost::asio::buffer(piece));
        if (!n) co_return n.error();
        if (*n == 0 || all.size() > most) co_return all;
        all.append(piece, 0, f.unpack({piece.data(), *n}));
    }
}

}  // namespace

async::task<result<std::string>> create_container(client& c, const container_spec& spec) {
    auto body = text_of(body_of(spec));
    if (!body) co_return body.error();
    auto said = co_await c.call("POST", "/containers/create", std::move(*body));
    if (!said) co_return said.error();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 201 || !j.is_object() || !j.contains("Id"))
        co_return cannot("make a container of " + spec.image, *said);
    co_return j["Id"].get<std::string>();
}

async::task<result<std::unique_ptr<http_connection>>> attach(client& c, const std::string& id) {
    auto opened = co_await c.open("POST", "/containers/" + id + "/attach?stream=1&stdout=1&stderr=1", {},
                                  {{"Upgrade", "tcp"}, {"Connection", "Upgrade"}});
    if (!opened) co_return opened.error();
    if (opened->status == 101 || opened->status == 200) co_return std::move(opened->connection);
    auto body = co_await opened->connection->read_all(65536);
    co_return cannot("hand over a container's output", {opened->status, body ? *body : ""});
}

async::task<result<void>> start_container(client& c, const std::string& id) {
    auto said = co_await c.call("POST", "/containers/" + id + "/start", {}, {}, 120s);
    if (!said) co_return said.error();
    if (!good(*said) && said->status != 304) co_return cannot("start a container", *said);
    co_return result<void>();
}

async::task<result<int>> wait_container(client& c, const std::string& id) {
    auto opened = co_await c.open("POST", "/containers/" + id + "/wait");
    if (!opened) co_return opened.error();
    auto body = co_await opened->connection->read_all(65536);
    if (!body) co_return body.error();
    const json j = json::parse(*body, nullptr, false);
    if (opened->status != 200 || !j.is_object() || !j.contains("StatusCode"))
        co_return cannot("tell how a container ended", {opened->status, *body});
    co_return j["StatusCode"].get<int>();
}

async::task<result<std::optional<int>>> ended_soon(client& c, const std::string& id) {
    boost::asio::steady_timer timer(c.executor());
    for (const auto pause : {1ms, 2ms, 3ms, 5ms, 8ms, 13ms, 21ms, 34ms, 55ms}) {
        auto facts = co_await inspect_container(c, id);
        if (!facts) co_return facts.error();
        if (!facts->running) co_return std::optional(facts->exit_code);
        timer.expires_after(pause);
        if (const auto [ec] = co_await timer.async_wait(async::nothrow); ec)
            co_return failure(errc::cancelled, "a request to the container engine was cancelled");
    }
    co_return std::optional<int>();
}

async::task<result<void>> kill_container(client& c, const std::string& id, const std::string& signal) {
    auto said = co_await c.call("POST", "/containers/" + id + "/kill?signal=" + signal);
    if (!said) co_return said.error();
    // 409: it does not run any more.
    if (!good(*said) && said->status != 409 && said->status != 404) co_return cannot("kill a container", *said);
    co_return result<void>();
}

async::task<result<void>> remove_container(client& c, const std::string& id) {
    auto said = co_await c.call("DELETE", "/containers/" + id + "?force=1&v=1");
    if (!said) co_return said.error();
    // 409: somebody else is removing it.
    if (!good(*said) && said->status != 404 && said->status != 409) co_return cannot("remove a container", *said);
    co_return result<void>();
}

async::task<result<std::vector<std::string>>> containers_with_label(client& c, const std::string& label) {
    auto said = co_await c.call("GET", "/containers/json?all=1&" + label_filter(label));
    if (!said) co_return said.error();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 200 || !j.is_array()) co_return cannot("list containers", *said);
    std::vector<std::string> ids;
    for (const json& one : j) ids.push_back(one.value("Id", ""));
    co_return ids;
}

async::task<result<std::string>> output_of(client& c, const std::string& id) {
    auto opened = co_await c.open("GET", "/containers/" + id + "/logs?stdout=1&stderr=1");
    if (!opened) co_return opened.error();
    if (opened->status != 200) co_return cannot("hand over a container's output", {opened->status, ""});
    co_return co_await read_frames(*opened->connection);
}

async::task<result<container_facts>> inspect_container(client& c, const std::string& id) {
    auto said = co_await c.call("GET", "/containers/" + id + "/json");
    if (!said) co_return said.error();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 200 || !j.is_object()) co_return cannot("describe a container", *said);
    container_facts f;
    f.whole = said->body;
    const json state = j.value("State", json::object());
    f.running = state.value("Running", false);
    f.exit_code = state.value("ExitCode", 0);
    f.pid = state.value("Pid", std::int64_t{0});
    for (const char* key : {"Health", "Healthcheck"})
        if (const auto at = state.find(key); at != state.end() && at->is_object())
            f.health = at->value("Status", f.health);
    if (f.health == "none") f.health.clear();
    const json settings = j.value("NetworkSettings", json::object());
    if (const auto at = settings.find("Networks"); at != settings.end() && at->is_object())
        for (const auto& network : *at)
            if (f.address.empty()) f.address = network.value("IPAddress", "");
    co_return f;
}

async::task<result<executed>> execute_in(client& c, const std::string& id, std::vector<std::string> command) {
    const json body = {{"Cmd", command}, {"AttachStdout", true}, {"AttachStderr", true}};
    auto text = text_of(body);
    if (!text) co_return text.error();
    auto made = co_await c.call("POST", "/containers/" + id + "/exec", std::move(*text));
    if (!made) co_return made.error();
    const json j = json::parse(made->body, nullptr, false);
    if (made->status != 201 || !j.is_object() || !j.contains("Id"))
        co_return cannot("execute a program in a container", *made);
    const auto exec = j["Id"].get<std::string>();
    auto opened = co_await c.open("POST", "/exec/" + exec + "/start", R"({"Detach":false,"Tty":false})",
                                  {{"Upgrade", "tcp"}, {"Connection", "Upgrade"}});
    if (!opened) co_return opened.error();
    if (opened->status != 200 && opened->status != 101) {
        auto why = co_await opened->connection->read_all(65536);
        co_return cannot("execute a program in a container", {opened->status, why ? *why : ""});
    }
    auto output = co_await read_frames(*opened->connection);
    if (!output) co_return output.error();
    auto ended = co_await c.call("GET", "/exec/" + exec + "/json");
    if (!ended) co_return ended.error();
    const json end = json::parse(ended->body, nullptr, false);
    if (ended->status != 200 || !end.is_object()) co_return cannot("tell how a program ended", *ended);
    const auto code = end.find("ExitCode");
    co_return executed{code != end.end() && code->is_number() ? code->get<int>() : 0, std::move(*output)};
}

async::task<result<std::string>> create_network(client& c, const std::string& name,
                                                const std::map<std::string, std::string>& labels, bool internal) {
    const json body = {
        {"Name", name}, {"Driver", "bridge"}, {"CheckDuplicate", true}, {"Labels", labels}, {"Internal", internal}};
    auto said =
        co_await c.call("POST", "/networks/create", body.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!said) co_return said.error();
    if (!good(*said)) co_return cannot("make a network", *said);
    co_return name;
}

async::task<result<void>> remove_network(client& c, const std::string& name) {
    auto said = co_await c.call("DELETE", "/networks/" + percent_encoded(name));
    if (!said) co_return said.error();
    if (!good(*said) && said->status != 404) co_return cannot("remove a network", *said);
    co_return result<void>();
}

async::task<result<std::vector<std::string>>> networks_with_label(client& c, const std::string& label) {
    auto said = co_await c.call("GET", "/networks?" + label_filter(label));
    if (!said) co_return said.error();
    const json j = json::parse(said->body, nullptr, false);
    if (said->status != 200 || !j.is_array()) co_return cannot("list networks", *said);
    std::vector<std::string> names;
    for (const json& one : j) names.push_back(one.value("Name", ""));
    co_return names;
}

namespace {

void delete_now(const std::string& socket, const char* what) noexcept {
    sockaddr_un address{};
    if (socket.size() >= sizeof address.sun_path) return;
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const timeval limit{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
    char request[256];
    const int size =
        std::snprintf(request, sizeof request,
                      "DELETE /v1.41/%.150s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", what);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(fd, request, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size) {
        char said[512];
        while (::recv(fd, said, sizeof said, 0) > 0) {
        }
    }
    ::close(fd);
}

}  // namespace

void remove_container_now(const std::string& socket, const std::string& id) noexcept {
    char what[128];
    std::snprintf(what, sizeof what, "containers/%.80s?force=1&v=1", id.c_str());
    delete_now(socket, what);
}

void remove_network_now(const std::string& socket, const std::string& name) noexcept {
    char what[128];
    std::snprintf(what, sizeof what, "networks/%.80s", name.c_str());
    delete_now(socket, what);
}

}  // namespace latchkey::engine
