// SPDX-License-Identifier: Apache-2.0
// Live views as server-sent events. A client that was cut off says where it was (Last-Event-ID, or ?after=) and goes
// on from there: nothing is lost and nothing comes twice.
#include "runner/async/offload.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/live_call.hpp"
#include "runner/server/log_feed.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/run_rows.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
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
    bool gone = false;                        // they may not look at it any more
};

using teller = std::function<result<told>(call&)>;

// One transaction for all that is asked at a time, and before it whether who looks still may.
result<told> look(const state& s, live_call& who, const teller& next) {
    const std::shared_ptr<void> moment = s.stores.one_moment ? s.stores.one_moment() : nullptr;
    auto now = who.now();
    if (!now) return now.error();
    if (*now == nullptr) return told{nullptr, false, true};
    return next(**now);
}

// Says what `next` finds for as long as somebody listens and may. `next` knows how far it is; it reads, on the
// readers.
async::task<> tell(http::body_writer& to, const state& s, policy::run_id id, std::string greeting,
                   std::shared_ptr<live_call> who, teller next) {
    run_executor& runs = *s.runs;
    const auto listener = runs.hub().listen(id, co_await boost::asio::this_coro::executor);
    auto last_word = std::chrono::steady_clock::now();
    bool alive = co_await to.write(": " + greeting + "\n\n");
    while (alive && !runs.hub().closed()) {
        auto ask = [&s, &who, &next] { return look(s, *who, next); };
        const auto found = co_await async::offload(runs.readers(), std::move(ask));
        if (!found) co_return;
        const auto now = std::chrono::steady_clock::now();
        if (found->text) {
            alive = co_await to.write(*found->text);
            last_word = now;
            continue;
        }
        if (found->over || found->gone) {
            co_await to.write(found->over ? "event: end\ndata: {}\n\n" : "event: gone\ndata: {}\n\n");
            co_return;
        }
        if (now - last_word >= between_words) {
            alive = co_await to.write(": still here\n\n");
            last_word = now;
        }
        co_await listener->wait(between_looks);
    }
}

// `id`: whose changes wake it; an invalid one: those of every run.
answer event_stream(const call& c, policy::run_id id, const char* greeting, teller next) {
    answer a;
    a.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}, {"X-Accel-Buffering", "no"}};
    a.stream = [&s = c.server, id, greeting, who = std::make_shared<live_call>(c),
                next = std::move(next)](http::body_writer& to) { return tell(to, s, id, greeting, who, next); };
    return a;
}

// Whether the client wants to go on listening after what there is has been told.
bool follows(const call& c, bool usually) {
    const std::string follow = text_asked(c, "follow");
    return follow.empty() ? usually : follow == "1";
}

// Rows of the runs that have changed and that who looks may read, each under the number of its change.
result<std::string> rows_since(call& c, const std::optional<policy::project_id>& project, std::int64_t& at) {
    auto changed = c.server.stores.runs->runs_changed(c.workspace->id, project, at, static_cast<int>(most_at_once));
    if (!changed) return changed.error();
    run_rows rows(c);
    std::string text;
    for (const store::run_record& run : changed->runs) {
        const auto may = rows.may_read(run);
        if (!may) return may.error();
        if (!*may) continue;
        auto row = rows.row(run);
        if (!row) return row.error();
        text += "id: " + std::to_string(run.changed) +
                "\nevent: run\ndata: " + row->dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
    }
    at = std::max(at, changed->up_to);
    // Who has something to answer sees it in another list.
    if (!text.empty()) text += "event: waiting\ndata: {}\n\n";
    return text;
}

result<answer> stream_runs(call& c, const std::optional<policy::project_id>& project, const char* greeting) {
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    const std::string after = where_from(c);
    std::int64_t from = -1;
    std::from_chars(after.data(), after.data() + after.size(), from);
    if (after.empty() || from < 0) {
        const auto now = c.server.stores.runs->last_change();
        if (!now) return now.error();
        from = *now;
    }
    auto next = [project, from, on = follows(c, true)](call& who) mutable -> result<told> {
        auto text = rows_since(who, project, from);
        if (!text) return text.error();
        if (text->empty()) return told{nullptr, !on};
        return told{std::make_shared<const std::string>(std::move(*text))};
    };
    return event_stream(c, policy::run_id(), greeting, std::move(next));
}

}  // namespace

result<answer> stream_events(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    // Stays open for later attempts too, where the client asks for it.
    auto next = [id = run->id, at = position_from(where_from(c)),
                 on = follows(c, false)](call& who) mutable -> result<told> {
        auto n = news_since(*who.server.stores.runs, id, at);
        if (!n) return n.error();
        at = n->at;
        if (n->text.empty()) return told{nullptr, n->over && !on};
        return told{std::make_shared<const std::string>(std::move(n->text))};
    };
    return event_stream(c, run->id, "the events of an execution", std::move(next));
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
                 from](call&) mutable -> result<told> {
        auto piece = feed->since(from);
        if (!piece) return piece.error();
        from = piece->next;
        return told{std::move(piece->text), piece->over};
    };
    return event_stream(c, run->id, "what an action prints", std::move(next));
}

result<answer> stream_workspace(call& c) {
    return stream_runs(c, std::nullopt, "the runs of a workspace");
}

result<answer> stream_project(call& c) {
    return stream_runs(c, c.project->id, "the runs of a project");
}

}  // namespace latchkey::server
