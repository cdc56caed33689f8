// SPDX-License-Identifier: Apache-2.0
// Live views as server-sent events. A client that was cut off says where it was (Last-Event-ID, or ?after=) and goes
// on from there: nothing is lost and nothing comes twice.
#include "runner/async/offload.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/log_feed.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

#include <charconv>
#include <cstdio>
#include <functional>
#include <memory>

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

// What a stream has to say now.
struct told {
    std::shared_ptr<const std::string> text;  // events; null: nothing yet
    bool over = false;                        // nothing will follow
};

// Says what `next` finds for as long as somebody listens. `next` knows how far it is; it reads, on the readers.
async::task<> tell(http::body_writer& to, run_executor& runs, policy::run_id id, std::string greeting,
                   std::function<result<told>()> next) {
    const auto listener = runs.hub().listen(id, co_await boost::asio::this_coro::executor);
    auto last_word = std::chrono::steady_clock::now();
    bool alive = co_await to.write(": " + greeting + "\n\n");
    while (alive && !runs.hub().closed()) {
        auto ask = [&next] { return next(); };
        const auto found = co_await async::offload(runs.readers(), std::move(ask));
        if (!found) co_return;
        const auto now = std::chrono::steady_clock::now();
        if (found->text) {
            alive = co_await to.write(*found->text);
            last_word = now;
            continue;
        }
        if (found->over) {
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
    auto next = [&s = *c.server.stores.runs, id = run->id, at = position_from(where_from(c)),
                 on = follow != nullptr && *follow == "1"]() mutable -> result<told> {
        auto n = news_since(s, id, at);
        if (!n) return n.error();
        at = n->at;
        if (n->text.empty()) return told{nullptr, n->over && !on};
        return told{std::make_shared<const std::string>(std::move(n->text)), false};
    };
    return event_stream([&runs = *c.server.runs, id = run->id, next = std::move(next)](http::body_writer& to) {
        return tell(to, runs, id, "the events of an execution", next);
    });
}

result<answer> stream_log(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    const auto place = action_place_from(*run, c.at.at("action"));
    if (!place) return failure(errc::not_found, "there is no such action in this execution");
    const std::string after = where_from(c);
    std::uint64_t from = 0;
    std::from_chars(after.data(), after.data() + after.size(), from);
    auto next = [feed = c.server.runs->log_of(run->id, place->attempt, place->action),
                 from]() mutable -> result<told> {
        auto piece = feed->since(from);
        if (!piece) return piece.error();
        from = piece->next;
        return told{std::move(piece->text), piece->over};
    };
    return event_stream([&runs = *c.server.runs, id = run->id, next = std::move(next)](http::body_writer& to) {
        return tell(to, runs, id, "what an action prints", next);
    });
}

}  // namespace latchkey::server
