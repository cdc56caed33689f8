// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/container_services.hpp"

#include "runner/async/uncancelled.hpp"
#include "runner/engine/frames.hpp"
#include "runner/exec/secret_files.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

// No engine tells when a port is open: it is looked at.
constexpr std::chrono::milliseconds between_looks{100};
constexpr std::chrono::seconds time_to_get_ready{120};
constexpr std::chrono::seconds time_for_last_words{5};
constexpr std::size_t kept_output = 16UL * 1024;
constexpr std::string_view place = "/run/latchkey";

std::string next_network() {
    static std::atomic<unsigned long> count{0};
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return "latchkey-" + std::to_string(::getpid()) + "-" + std::to_string(now) + "-" + std::to_string(++count);
}

// Whether a table of /proc/net/tcp or tcp6 has a socket that listens on this port for others too.
bool listening_in(const std::string& table, std::uint16_t port) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        if (!(words >> number >> local >> remote >> state) || state != "0A") continue;
        const std::size_t colon = local.rfind(':');
        unsigned at = 0;
        if (colon == std::string::npos) continue;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), at, 16);
        const std::string address = local.substr(0, colon);
        const bool loopback = address == "0100007F" || address == "00000000000000000000000001000000";
        if (at == port && !loopback) return true;
    }
    return false;
}

}  // namespace

struct container_services::one {
    std::string host;
    std::string id;
    std::unique_ptr<engine::http_connection> output;
    std::string last;  // of its output
    bool listened = false;
    async::notification silent;  // its output has ended

    explicit one(const asio::any_io_executor& executor) : silent(executor) {}
};

container_services::container_services(engine::client& client, async::task_group& errands, const request& r)
    : client_(client), say_(r.say), errands_(errands) {}

container_services::~container_services() {
    if (stopped_) return;
    for (const auto& s : all_)
        if (!s->id.empty()) engine::remove_container_now(client_.socket(), s->id);
    if (!network_.empty()) engine::remove_network_now(client_.socket(), network_);
}

async::task<result<std::unique_ptr<container_services>>> container_services::start(
    engine::client& client, container_images& images, async::task_group& errands, const request& r,
    const std::map<std::string, std::string>& labels) {
    // From here on what has been made is removed: no cancellation takes it from us.
    (void)co_await async::cancelled();
    std::unique_ptr<container_services> s(new container_services(client, errands, r));
    auto started = co_await s->start_all(images, r, labels);
    if (started && co_await async::cancelled()) started = failure(errc::cancelled, "starting services was cancelled");
    if (started) co_return std::move(s);
    co_await async::shielded();
    co_await s->stop(started.error().code != errc::cancelled);
    co_return started.error();
}

async::task<result<void>> container_services::start_all(container_images& images, const request& r,
                                                        const std::map<std::string, std::string>& labels) {
    (void)co_await async::cancelled();
    auto made = co_await async::uncancelled(engine::create_network(client_, next_network(), labels, !r.network));
    if (!made) co_return made.error();
    network_ = *made;
    for (const service& s : r.container->services)
        if (auto started = co_await start_one(images, r, s, labels); !started)
            co_return failure(started.error().code, "the service " + s.host + ": " + started.error().what);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const service& s = r.container->services[i];
        if (auto ready = co_await wait_until_ready(*all_[i], s); !ready)
            co_return failure(ready.error().code, "the service " + s.host + " " + ready.error().what);
    }
    co_return result<void>();
}

async::task<result<void>> container_services::start_one(container_images& images, const request& r, const service& s,
                                                        const std::map<std::string, std::string>& labels) {
    (void)co_await async::cancelled();
    request wanted;
    wanted.label = s.host;
    wanted.container.emplace();
    wanted.container->image = s.image;
    wanted.say = r.say;
    auto image = co_await images.prepare(wanted);
    if (!image) co_return image.error();
    engine::container_spec spec;
    spec.image = image->id;
    spec.network = network_;
    spec.aliases = {s.host};
    spec.labels = labels;
    for (const auto& [name, value] : s.environment) spec.environment.push_back(name + "=" + value);
    if (!s.command.empty()) {
        spec.entrypoint = std::vector<std::string>{"/bin/sh", "-c"};
        spec.command = s.command;
    }
    if (!s.secrets.empty()) {
        if (secrets_.path().empty()) {
            auto folder = memory_folder::make();
            if (!folder) co_return folder.error();
            secrets_ = std::move(*folder);
        }
        // Its processes may run as any user; around the folder nobody but us gets in.
        const std::string own = secrets_.path() + "/" + std::to_string(all_.size());
        if (::mkdir(own.c_str(), 0755) != 0 || ::chmod(own.c_str(), 0755) != 0)
            co_return failure(errc::engine, "its secrets can't be written in memory");
        for (std::size_t i = 0; i < s.secrets.size(); ++i) {
            const std::string name = "/" + std::to_string(i);
            if (!write_private(own + name, s.secrets[i].second.reveal(), 0444))
                co_return failure(errc::engine, "its secrets can't be written in memory");
            spec.environment.push_back(s.secrets[i].first + "=" + std::string(place) + name);
        }
        spec.mounts.push_back({own, std::string(place), true});
    }
    if (!s.kept.empty()) spec.mounts.push_back({s.kept, s.data, false, true});
    all_.push_back(std::make_shared<one>(client_.executor()));
    one& made = *all_.back();
    made.host = s.host;
    auto id = co_await async::uncancelled(engine::create_container(client_, spec));
    if (!id) co_return id.error();
    made.id = *id;
    auto output = co_await engine::attach(client_, made.id);
    if (!output) co_return output.error();
    made.output = std::move(*output);
    made.listened = true;
    errands_.spawn(listen_to(all_.back()));
    co_return co_await engine::start_container(client_, made.id);
}

// The last of what it says; the stream ends with the container.
async::task<> container_services::listen_to(std::shared_ptr<one> s) {
    engine::frames frames;
    std::array<char, 16UL * 1024> piece{};
    for (;;) {
        const auto n = co_await s->output->read(asio::buffer(piece));
        if (!n || *n == 0) break;
        s->last.append(piece.data(), frames.unpack({piece.data(), *n}));
        if (s->last.size() > 2 * kept_output) s->last.erase(0, s->last.size() - kept_output);
    }
    s->listened = false;
    s->silent.notify();
}

async::task<result<void>> container_services::wait_until_ready(one& s, const service& wanted) {
    asio::steady_timer timer(client_.executor());
    const auto end = std::chrono::steady_clock::now() + time_to_get_ready;
    for (;;) {
        if (co_await async::cancelled()) co_return failure(errc::cancelled, "was cancelled before it was ready");
        auto facts = co_await engine::inspect_container(client_, s.id);
        if (!facts) co_return failure(facts.error().code, "can't be looked at: " + facts.error().what);
        if (!facts->running)
            co_return failure(errc::engine, "ended with exit code " + std::to_string(facts->exit_code) +
                                                " before it was ready: its last lines are in the log");
        if (facts->health == "unhealthy") co_return failure(errc::engine, "is unhealthy, as its image tells");
        if (facts->health == "healthy") break;
        if (facts->health.empty()) {
            if (wanted.port == 0) break;
            auto open = co_await listens(s, wanted.port);
            if (!open) co_return open.error();
            if (*open) break;
        }
        if (std::chrono::steady_clock::now() > end)
            co_return failure(errc::engine,
                              (facts->health.empty() ? "does not listen on port " + std::to_string(wanted.port)
                                                     : std::string("is not healthy")) +
                                  " after " + std::to_string(time_to_get_ready.count()) + " s");
        timer.expires_after(between_looks);
        co_await timer.async_wait(async::nothrow);
    }
    if (say_) say_("the service " + s.host + " is ready");
    co_return result<void>();
}

// Asked in its own network, where the engine's address need not be reachable from here.
async::task<result<bool>> container_services::listens(const one& s, std::uint16_t port) {
    auto tables = co_await engine::execute_in(client_, s.id, {"cat", "/proc/net/tcp", "/proc/net/tcp6"});
    if (!tables) {
        // It may just have ended: the next look tells.
        if (tables.error().code == errc::cancelled) co_return failure(errc::cancelled, "was cancelled");
        co_return false;
    }
    if (tables->exit_code == 126 || tables->exit_code == 127)
        co_return failure(errc::engine, "has no `cat` to ask for its ports with: leave out its port");
    co_return listening_in(tables->output, port);
}

// What it said last is on its way once it is gone. An engine that then leaves the stream open does not hold the run.
async::task<> container_services::until_silent(one& s) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(client_.executor(), time_for_last_words);
    if (s.listened) co_await (s.silent.wait() || timer.async_wait(async::nothrow));
    if (s.listened) s.output->close();
    while (s.listened) co_await s.silent.wait();
}

async::task<> container_services::stop(bool failed) {
    if (stopped_) co_return;
    stopped_ = true;
    for (const auto& s : all_) {
        if (s->id.empty()) continue;
        // A failure is a container that nobody can remove now; the executor's mark on it remains.
        auto removed = co_await engine::remove_container(client_, s->id);
        (void)removed;
        co_await until_silent(*s);
    }
    for (const auto& s : all_) {
        if (!failed || s->last.empty() || !say_) continue;
        say_("the last lines of the service " + s->host + ":");
        std::istringstream lines(s->last);
        for (std::string line; std::getline(lines, line);) say_("  " + line);
    }
    if (network_.empty()) co_return;
    auto removed = co_await engine::remove_network(client_, network_);
    (void)removed;
}

}  // namespace latchkey::exec
