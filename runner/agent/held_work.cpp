// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/held_work.hpp"

#include "runner/agent/protocol.hpp"
#include "runner/agent/request_form.hpp"
#include "runner/agent/running_action.hpp"
#include "runner/async/offload.hpp"
#include "runner/source/pack.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::agent {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using nlohmann::json;

std::string text_at(const json& order, const char* name) {
    return order.contains(name) && order[name].is_string() ? order[name].get<std::string>() : std::string();
}

std::int64_t number_at(const json& order, const char* name) {
    return order.contains(name) && order[name].is_number_integer() ? order[name].get<std::int64_t>() : 0;
}

bool flag_at(const json& order, const char* name) {
    return order.contains(name) && order[name] == true;
}

// As one part of a path, whatever the server says.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

held_work::held_work(const boost::asio::any_io_executor& executor, boost::asio::thread_pool& calls,
                     const agent_options& options, const json& order, clock::time_point asked_at)
    : executor_(executor),
      calls_(calls),
      options_(options),
      order_(order),
      number_(number_at(order, "work")),
      fence_(number_at(order, "fence")),
      lease_(text_at(order, "lease") + "." + std::to_string(fence_)),
      sealing_key_(text_at(order, "sealing_key")),
      lease_time_(std::chrono::duration_cast<clock::duration>(
          std::chrono::duration<double>(std::clamp(order.value("lease_seconds", 30.0), 0.1, 3600.0)))),
      until_(asked_at + lease_time_),
      actions_(executor),
      ended_(executor),
      pause_(executor) {}

held_work::~held_work() = default;

void held_work::renewed(clock::time_point asked_at) {
    until_ = std::max(until_, asked_at + lease_time_);
}

std::string held_work::words() const {
    return text_at(order_, "pipeline_name") + " #" + std::to_string(number_at(order_, "run_number")) + " of " +
           text_at(order_, "project_name");
}

async::task<> held_work::run() {
    options_.tell("took " + words());
    backend_ = options_.make_backend(executor_, text_at(order_, "backend"));
    const auto prepared = co_await prepare();
    const std::string path = "/attempts/" + std::to_string(number_) + "/ready";
    json said;
    if (prepared)
        said = {{"workspace", text_form(place_.workspace.string())},   {"caches", text_form(place_.caches.string())},
                {"repository", text_form(place_.repository.string())}, {"program", text_form(place_.program)},
                {"environment", pairs_form(place_.base_environment)},  {"notes", notes_}};
    else
        said = {{"error", prepared.error().what}};
    if (!over_) {
        const auto told = co_await call(path, said.dump(-1, ' ', false, json::error_handler_t::replace));
        if (!told || !prepared) end();
    }
    while (!over_) co_await ended_.wait();
    co_await actions_.join();
    co_await backend_->close();
    files_.reset();
    options_.tell("is done with " + words());
}

// Blocks; on the pool, while nothing else touches what it fills.
result<void> held_work::prepare_now() {
    const std::string name = text_at(order_, "repository");
    const std::string commit = text_at(order_, "commit");
    const std::int64_t project = number_at(order_, "project");
    const std::int64_t pipeline = number_at(order_, "pipeline");
    if (!is_plain_name(name) || project <= 0 || pipeline <= 0)
        return failure(errc::usage, "the server does not say which files it is to work with");
    const fs::path repository = options_.data / "repositories" / std::to_string(project) / name;
    std::error_code ec;
    if (!commit.empty() && !source::has_commit(repository, commit)) {
        const fs::path folder = options_.data / "incoming";
        fs::create_directories(folder, ec);
        const fs::path file = folder / (vault::random_hex(8) + ".pack");
        struct remove_at_end {
            const fs::path& file;
            ~remove_at_end() {
                std::error_code ignored;
                fs::remove(file, ignored);
            }
        } const gone{file};
        for (int tries = 1;; ++tries) {
            auto got = options_.server.fetch("/attempts/" + std::to_string(number_) + "/files", lease_, file,
                                             [this] { return !over_; });
            if (got) break;
            fs::remove(file, ec);
            if (got.error().code != errc::io || tries == 5 || over_) return got;
        }
        if (auto taken = source::take_pack(repository, commit, file); !taken) return taken;
    }
    auto taken = flag_at(order_, "concurrent") ? source::filesystem::take_any(options_.data, pipeline, repository)
                                               : source::filesystem::take(options_.data, pipeline, repository);
    if (!taken) return taken.error();
    files_.emplace(std::move(*taken));
    if (auto done = files_->check_out(commit, flag_at(order_, "from_scratch"), notes_); !done) return done;
    place_.workspace = files_->path();
    place_.caches = options_.data / "caches" / std::to_string(pipeline);
    place_.repository = commit.empty() ? fs::path() : repository;
    place_.base_environment = options_.base_environment;
    place_.program = options_.program;
    if (flag_at(order_, "clear_cache"))
        if (auto gone = source::remove_tree(place_.caches); !gone) return gone;
    return {};
}

async::task<result<void>> held_work::prepare() {
    for (;;) {
        auto done = co_await async::offload(calls_, [this] { return prepare_now(); });
        // What it had before may still be ending.
        if (done || done.error().code != errc::conflict || over_) co_return done;
        pause_.expires_after(100ms);
        co_await pause_.async_wait(async::nothrow);
    }
}

async::task<result<json>> held_work::call(std::string path, std::string body) {
    boost::asio::steady_timer timer(executor_);
    for (auto pause = 100ms; !over_; pause = std::min(pause * 2, 2000ms)) {
        auto got = co_await async::offload(calls_, [&] { return options_.server.call("POST", path, body, lease_); });
        if (got || got.error().code != errc::io) co_return got;
        if (over_) break;
        timer.expires_after(pause);
        co_await timer.async_wait(async::nothrow);
    }
    co_return failure(errc::cancelled, "the lease has ended");
}

void held_work::start(std::int64_t action, json form) {
    if (over_ || running_.contains(action)) return;
    auto made = std::make_shared<running_action>(*this, action, std::move(form));
    running_.emplace(action, made);
    actions_.spawn(run_action(std::move(made)));
}

async::task<> held_work::run_action(std::shared_ptr<running_action> a) {
    co_await a->run();
}

void held_work::terminate(std::int64_t action) {
    if (const auto at = running_.find(action); at != running_.end()) at->second->terminate();
}

void held_work::kill(std::int64_t action) {
    if (const auto at = running_.find(action); at != running_.end()) at->second->kill();
}

void held_work::end() {
    if (over_.exchange(true)) return;
    for (const auto& [number, a] : running_) a->kill();
    pause_.cancel();
    ended_.notify();
}

}  // namespace latchkey::agent
