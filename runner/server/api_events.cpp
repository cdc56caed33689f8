// SPDX-License-Identifier: Apache-2.0
// Live views as server-sent events. A client that was cut off says where it was (Last-Event-ID, or ?after=) and goes
// on from there: nothing is lost and nothing comes twice.
#include "runner/async/offload.hpp"
#include "runner/log/log_writer.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/log_feed.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

#include <charconv>
#include <cstdio>

namespace latchkey::server {

namespace {

using namespace std::chrono_literals;

// How long a change that nobody told of may go unseen, and how often a quiet stream says that it lives.
constexpr auto between_looks = 1s;
constexpr auto between_words = 15s;
constexpr std::size_t most_at_once = 256;

struct position {
    int attempt = 1;
    std::int64_t sequence = 0;
};

std::string where_from(const call& c) {
    if (const std::string* id = c.request.header("Last-Event-ID"); id != nullptr) return *id;
    const std::string* after = c.request.parameter("after");
    return after == nullptr ? "" : *after;
}

// "2.17": the seventeenth event of the second attempt.
position position_from(const std::string& text) {
    position p;
    if (std::sscanf(text.c_str(), "%d.%ld", &p.attempt, &p.sequence) != 2 || p.attempt < 1 || p.sequence < 0)
        return {};
    return p;
}

json view_of_event(const run::event& e, int attempt) {
    json v = {{"attempt", attempt},
              {"sequence", e.sequence},
              {"kind", run::to_string(e.kind)},
              {"date", time_text(e.at)},
              {"status", e.status == run::status::initial ? json() : json(run::to_string(e.status))},
              {"action", e.action < 0 ? json() : json(e.action + 1)},
              {"reason", e.reason == run::end_reason::none ? json() : json(run::to_string(e.reason))},
              {"number", e.number},
              {"text", e.text}};
    // The numbers of integrations are the store's own.
    if (e.kind == run::event_kind::missing) v["text"] = "";
    return v;
}

struct news {
    std::string text;
    position at;
    bool over = false;  // the run has ended and all of it has been told
};

result<news> news_since(store::store& s, policy::run_id id, position at) {
    news n;
    n.at = at;
    // Asked before its events: what was written until then is read below.
    auto run = s.run(id);
    if (!run) return run.error();
    for (const store::attempt_record& a : run->attempts) {
        if (a.number < n.at.attempt) continue;
        if (a.number > n.at.attempt) n.at = {a.number, 0};
        auto events = s.events(id, a.number, n.at.sequence);
        if (!events) return events.error();
        std::size_t told = 0;
        for (const run::event& e : *events) {
            if (++told > most_at_once) return n;
            n.at.sequence = e.sequence;
            n.text += "id: " + std::to_string(a.number) + "." + std::to_string(e.sequence) +
                      "\nevent: " + std::string(run::to_string(e.kind)) +
                      "\ndata: " + view_of_event(e, a.number).dump(-1, ' ', false, json::error_handler_t::replace) +
                      "\n\n";
        }
    }
    n.over = run::ended(run->attempts.back().status) && n.text.empty();
    return n;
}

async::task<> tell_events(http::body_writer& to, run_executor& runs, store::store& s, policy::run_id id, position at,
                          bool follow) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto listener = runs.hub().listen(id, executor);
    auto last_word = std::chrono::steady_clock::now();
    bool alive = co_await to.write(": the events of an execution\n\n");
    while (alive && !runs.hub().closed()) {
        auto ask = [&s, id, at] { return news_since(s, id, at); };
        const auto n = co_await async::offload(runs.readers(), std::move(ask));
        if (!n) co_return;
        at = n->at;
        const auto now = std::chrono::steady_clock::now();
        if (!n->text.empty()) {
            alive = co_await to.write(n->text);
            last_word = now;
            continue;
        }
        if (n->over && !follow) {
            co_await to.write("event: end\ndata: {}\n\n");
            co_return;
        }
        if (now - last_word >= between_words) {
            alive = co_await to.write(": still here\n\n");
            last_word = now;
        }
        co_await listener->wait(between_looks);
    }
}

async::task<> tell_log(http::body_writer& to, run_executor& runs, policy::run_id id, std::shared_ptr<log_feed> feed,
                       std::uint64_t from) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto listener = runs.hub().listen(id, executor);
    bool alive = co_await to.write(": what an action prints\n\n");
    auto last_word = std::chrono::steady_clock::now();
    while (alive && !runs.hub().closed()) {
        auto ask = [&feed, from] { return feed->since(from); };
        const auto piece = co_await async::offload(runs.readers(), std::move(ask));
        if (!piece) co_return;
        const auto now = std::chrono::steady_clock::now();
        if (piece->text) {
            from = piece->next;
            alive = co_await to.write(*piece->text);
            last_word = now;
            continue;
        }
        if (piece->over) {
            co_await to.write("event: end\ndata: {}\n\n");
            co_return;
        }
        if (now - last_word >= between_words) {
            alive = co_await to.write(": still here\n\n");
            last_word = now;
        }
        co_await listener->wait(between_looks);
    }
}

answer event_stream(std::function<async::task<>(http::body_writer&)> stream) {
    answer a;
    a.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}, {"X-Accel-Buffering", "no"}};
    a.stream = std::move(stream);
    return a;
}

}  // namespace

result<answer> stream_events(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    // Stays open for later attempts too, where the client asks for it.
    const std::string* follow = c.request.parameter("follow");
    return event_stream([&runs = *c.server.runs, &s = *c.server.stores.runs, id = run->id,
                         at = position_from(where_from(c)), on = follow != nullptr && *follow == "1"](
                            http::body_writer& to) { return tell_events(to, runs, s, id, at, on); });
}

result<answer> stream_log(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    const auto place = action_place_from(run->id, c.at.at("action"));
    if (!place || place->attempt < 1 || static_cast<std::size_t>(place->attempt) > run->attempts.size())
        return failure(errc::not_found, "there is no such action in this execution");
    const std::string from = where_from(c);
    std::uint64_t offset = 0;
    std::from_chars(from.data(), from.data() + from.size(), offset);
    auto feed = c.server.runs->log_of(run->id, place->attempt, place->action);
    return event_stream([&runs = *c.server.runs, id = run->id, feed = std::move(feed),
                         offset](http::body_writer& to) { return tell_log(to, runs, id, feed, offset); });
}

}  // namespace latchkey::server
