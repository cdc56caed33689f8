// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/agent.hpp"

#include "runner/agent/held_work.hpp"
#include "runner/agent/protocol.hpp"
#include "runner/async/offload.hpp"
#include "runner/vault/token.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <list>
#include <optional>

namespace latchkey::agent {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using nlohmann::json;

constexpr auto shortest_pause = 200ms;
constexpr auto longest_pause = 5000ms;

class working_agent {
public:
    working_agent(asio::io_context& loop, const agent_options& options)
        : executor_(loop.get_executor()),
          options_(options),
          calls_(static_cast<std::size_t>(options.capacity) * 2 + 2),
          signals_(loop, SIGTERM, SIGINT),
          beat_(loop),
          pause_(loop),
          works_(executor_),
          helpers_(executor_),
          work_ended_(executor_) {}

    async::task<result<void>> run() {
        helpers_.spawn(watch_signals());
        helpers_.spawn(renew_leases());
        auto done = co_await poll();
        finished_ = true;
        end_all();
        co_await works_.join();
        signals_.cancel();
        beat_.cancel();
        co_await helpers_.join();
        co_return done;
    }

private:
    // A lease that is over for us and not for the server would keep others waiting: it is told.
    async::task<> watch_signals() {
        for (int count = 1;; ++count) {
            const auto [ec, number] = co_await signals_.async_wait(async::nothrow);
            if (ec) co_return;
            draining_ = true;
            interrupted_ = true;
            pause_.cancel();
            if (count == 1) {
                options_.tell(works_.running() == 0 ? "ends"
                                                    : "ends when what it runs has ended; another signal cuts it off");
                continue;
            }
            options_.tell("ends at once: what it runs is killed");
            const json mine = leases();
            end_all();
            co_await leave(mine);
        }
    }

    async::task<> leave(const json& mine) {
        const std::string body = json{{"leases", mine}}.dump();
        const auto told =
            co_await async::offload(calls_, [&] { return options_.server.call("POST", "/leave", body); });
        if (!told) options_.tell("can't tell the server: " + told.error().what);
    }

    json leases() const {
        json all = json::array();
        for (const auto& w : held_)
            if (!w->over()) all.push_back({{"work", w->number()}, {"fence", w->fence()}});
        return all;
    }

    void end_all() {
        for (const auto& w : held_) w->end();
    }

    held_work* find(std::int64_t number) {
        for (const auto& w : held_)
            if (w->number() == number && !w->over()) return w.get();
        return nullptr;
    }

    // -- leases
    async::task<> renew_leases() {
        while (!finished_) {
            held_work::clock::duration every = 10s;
            for (const auto& w : held_)
                if (!w->over()) every = std::min(every, w->lease_time() / 3);
            beat_.expires_after(every);
            co_await beat_.async_wait(async::nothrow);
            if (finished_) co_return;
            const json mine = leases();
            if (!mine.empty()) co_await renew(mine);
            for (const auto& w : held_)
                if (!w->over() && w->lease_is_over()) {
                    options_.tell("a lease has ended, as the server can't be reached: what it was for is killed");
                    w->end();
                }
        }
    }

    async::task<> renew(const json& mine) {
        const auto asked_at = held_work::clock::now();
        const std::string body = json{{"leases", mine}}.dump();
        const auto got =
            co_await async::offload(calls_, [&] { return options_.server.call("POST", "/heartbeat", body); });
        if (!got || !got->is_object()) co_return;
        for (const json& lease : mine) {
            const auto number = lease["work"].get<std::int64_t>();
            held_work* w = find(number);
            if (w == nullptr) continue;
            const json& ended = (*got)["ended"];
            if (std::ranges::find(ended, json(number)) == ended.end()) {
                w->renewed(asked_at);
            } else {
                options_.tell("a lease has ended: what it was for is killed");
                w->end();
            }
        }
    }

    // -- orders
    async::task<result<void>> poll() {
        auto pause = shortest_pause;
        bool silent = false;
        while (!draining_ || !held_.empty()) {
            const int busy = static_cast<int>(held_.size());
            const bool takes_more = !draining_ && !(options_.once && took_one_) && busy < options_.capacity;
            const std::string body = json{{"protocol", protocol_version},
                                          {"version", options_.version},
                                          {"session", session_},
                                          {"boot", boot_},
                                          {"after", after_},
                                          {"capacity", options_.capacity},
                                          {"free", takes_more ? options_.capacity - busy : 0}}
                                         .dump();
            interrupted_ = false;
            const auto asked_at = held_work::clock::now();
            auto got = co_await async::offload(
                polls_, [&] { return options_.server.wait("/poll", body, [this] { return !interrupted_; }); });
            if (got) {
                if (silent) options_.tell("the server answers again");
                silent = false;
                pause = shortest_pause;
                if (auto fine = co_await obey(*got, asked_at); !fine) co_return fine;
                continue;
            }
            if (got.error().code == errc::cancelled) continue;
            if (got.error().code != errc::io) co_return got.error();
            if (!silent) options_.tell("no orders: " + got.error().what + "; it tries again");
            silent = true;
            pause_.expires_after(pause);
            co_await pause_.async_wait(async::nothrow);
            pause = std::min(pause * 2, std::chrono::milliseconds(longest_pause));
        }
        co_return result<void>();
    }

    async::task<result<void>> obey(const json& said, held_work::clock::time_point asked_at) {
        try {
            session_ = said.at("session").get<std::string>();
            if (said.at("start_over").get<bool>()) {
                after_ = 0;
                end_all();
                while (!held_.empty()) co_await work_ended_.wait();
                co_return result<void>();
            }
            for (const json& order : said.at("orders")) {
                const auto n = order.at("n").get<std::int64_t>();
                if (n <= after_) continue;
                after_ = n;
                take(order, asked_at);
            }
        } catch (const json::exception&) {
            co_return failure(errc::refused, "the server's orders can't be read: use the same version of both");
        }
        co_return result<void>();
    }

    void take(const json& order, held_work::clock::time_point asked_at) {
        const auto kind = order.at("kind").get<std::string>();
        const auto number = order.at("work").get<std::int64_t>();
        if (kind == "work") {
            took_one_ = true;
            if (options_.once) draining_ = true;
            held_.push_back(std::make_unique<held_work>(executor_, calls_, options_, order, asked_at));
            works_.spawn(work(*held_.back()));
            beat_.cancel();
            return;
        }
        held_work* w = find(number);
        if (w == nullptr) return;
        if (kind == "release") return w->end();
        const auto action = order.at("action").get<std::int64_t>();
        if (kind == "action")
            w->start(action, order.at("request"));
        else if (kind == "terminate")
            w->terminate(action);
        else if (kind == "kill")
            w->kill(action);
    }

    async::task<> work(held_work& w) {
        co_await w.run();
        std::erase_if(held_, [&](const auto& each) { return each.get() == &w; });
        work_ended_.notify();
        interrupted_ = true;  // there is room for more
    }

    asio::any_io_executor executor_;
    const agent_options& options_;
    const std::string boot_ = vault::random_hex(8);
    std::string session_;
    std::int64_t after_ = 0;
    asio::thread_pool polls_{1};
    asio::thread_pool calls_;
    asio::signal_set signals_;
    asio::steady_timer beat_;
    asio::steady_timer pause_;
    std::list<std::unique_ptr<held_work>> held_;
    async::task_group works_;
    async::task_group helpers_;
    async::notification work_ended_;
    std::atomic<bool> interrupted_{false};
    bool draining_ = false;
    bool took_one_ = false;
    bool finished_ = false;
};

}  // namespace

result<void> run_agent(const agent_options& options) {
    asio::io_context loop(1);
    std::optional<result<void>> done;
    std::exception_ptr bug;
    working_agent agent(loop, options);
    constexpr auto keep = [](working_agent& a, std::optional<result<void>>& into) -> async::task<> {
        into.emplace(co_await a.run());
    };
    asio::co_spawn(loop, keep(agent, done), [&bug](const std::exception_ptr& e) { bug = e; });
    loop.run();
    if (bug) std::rethrow_exception(bug);
    return std::move(*done);
}

}  // namespace latchkey::agent
