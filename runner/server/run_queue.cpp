// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_queue.hpp"

#include "runner/server/pipeline_settings.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace latchkey::server {

namespace {

using namespace std::chrono_literals;

// How long a start that was put off, or a change that nobody told of, may go unseen.
constexpr auto between_looks = 1s;

int rank_of(std::string_view priority) {
    return priority == "HIGH" ? 0 : priority == "LOW" ? 2 : 1;
}

struct waiting_run {
    policy::run_id run;
    policy::project_id project;
    policy::pipeline_id pipeline;
    policy::ref ref;
    int rank = 1;
    bool waits_for_permission = false;
    bool concurrent = false;  // with others of its pipeline
    bool by_event = false;    // and not a retry: newer ones may take its place
    policy::time_point not_before{};
    std::map<std::string, vault::secret> secrets;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

waiting_run waiting_from(const store::run_record& r, std::map<std::string, vault::secret> secrets) {
    waiting_run w;
    w.run = r.id;
    w.project = r.project;
    w.pipeline = r.pipeline;
    w.ref = r.source.ref;
    w.rank = rank_of(origin_of(r.source, origin::priority));
    w.concurrent = origin_of(r.source, origin::concurrent) == "true";
    w.waits_for_permission = origin_of(r.source, origin::on_missing) == "wait";
    w.by_event = origin_of(r.source, origin::triggered_on) == "EVENT" && r.attempts.size() == 1;
    const std::string_view delay = origin_of(r.source, origin::delay_until);
    std::int64_t until = 0;
    std::from_chars(delay.data(), delay.data() + delay.size(), until);
    if (r.attempts.size() == 1) w.not_before = policy::time_point(std::chrono::milliseconds(until));
    w.secrets = std::move(secrets);
    return w;
}

// Whoever asks the server something goes before what it executes: this thread, and whatever it starts from here on,
// its actions too, get the processors that nobody else wants. Where that is refused, runs are as important as calls.
void stand_back() {
    constexpr int by = 10;
    const auto self = static_cast<id_t>(::gettid());
    ::setpriority(PRIO_PROCESS, self, std::min(::getpriority(PRIO_PROCESS, self) + by, 19));
}

}  // namespace

std::string_view origin_of(const store::run_source& source, std::string_view name, std::string_view otherwise) {
    const auto at = std::ranges::find(source.origin, name, &std::pair<std::string, std::string>::first);
    return at == source.origin.end() ? otherwise : std::string_view(at->second);
}

struct run_queue::impl {
    impl(run::service& s, store::stores& all, run::wall_clock c, options o)
        : service(s), stores(all), clock(std::move(c)), opts(std::move(o)) {}

    struct worker {
        waiting_run what;
        bool holds_slot = true;
        bool elsewhere = false;  // an agent has its actions: it takes no slot here
        bool done = false;
        std::jthread thread;
    };

    void say(policy::run_id run, std::string_view what, const std::string& why) const {
        opts.log.write(log_level::error, what, {{"run", run.value()}, {"why", why}});
    }

    bool setting(const waiting_run& w, std::string_view name) const {
        const auto p = stores.pipelines->get(w.project, w.pipeline);
        return p && setting_of(p->settings, name) == true;
    }

    void end(const waiting_run& w, run::status how, const std::string& why) {
        if (const auto ended = service.end_waiting(w.run, how, why); !ended && ended.error().code != errc::conflict)
            say(w.run, "a waiting run could not be ended", ended.error().what);
        if (opts.on_change) opts.on_change(w.run);
    }

    // What a push makes out of date. Called without the lock: it reads and writes the store.
    void give_way_to(const waiting_run& newer) {
        if (!newer.by_event) return;
        std::vector<waiting_run> older;
        std::vector<policy::run_id> stale;
        {
            const std::lock_guard lock(mutex);
            for (auto w = waiting.begin(); w != waiting.end();) {
                const bool same = w->by_event && w->pipeline == newer.pipeline && w->ref == newer.ref;
                if (same && w->run < newer.run)
                    older.push_back(std::move(*w)), w = waiting.erase(w);
                else
                    ++w;
            }
            for (const worker& r : workers)
                if (!r.done && r.what.pipeline == newer.pipeline && r.what.ref == newer.ref && r.what.by_event)
                    stale.push_back(r.what.run);
        }
        const bool keep = !older.empty() && setting(newer, "no_skip_to_most_recent");
        for (waiting_run& w : older) {
            if (!keep) {
                end(w, run::status::skipped, "a newer run of the same ref took its place");
                continue;
            }
            const std::lock_guard lock(mutex);
            waiting.push_back(std::move(w));
        }
        if (stale.empty() || !setting(newer, "terminate_stale_runs")) return;
        for (const policy::run_id id : stale) service.cancel_here(id, "a newer run of the same ref");
    }

    // The next that may begin, taken out of the list. Under the lock.
    std::optional<waiting_run> next() {
        int taken = 0;
        std::set<policy::pipeline_id> busy;
        for (const worker& w : workers) {
            if (w.done) continue;
            taken += w.holds_slot ? 1 : 0;
            busy.insert(w.what.pipeline);
        }
        if (stopping || taken >= opts.slots) return std::nullopt;
        const policy::time_point now = clock();
        auto best = waiting.end();
        for (auto w = waiting.begin(); w != waiting.end(); ++w) {
            if ((busy.contains(w->pipeline) && !w->concurrent) || w->not_before > now) continue;
            if (best == waiting.end() || std::pair(w->rank, w->run) < std::pair(best->rank, best->run)) best = w;
        }
        if (best == waiting.end()) return std::nullopt;
        waiting_run chosen = std::move(*best);
        waiting.erase(best);
        return chosen;
    }

    void execute(worker& w) {
        run::run_options o;
        o.signals = false;
        o.jobs = opts.jobs;
        o.wait_for_permission = w.what.waits_for_permission;
        o.secrets = std::move(w.what.secrets);
        o.on_elsewhere = [this, &w] {
            const std::lock_guard lock(mutex);
            w.elsewhere = true;
            w.holds_slot = false;
            changed.notify_all();
        };
        o.on_event = [this, &w](const run::event& e) {
            const bool waits = e.kind == run::event_kind::waiting;
            if (!waits && e.kind != run::event_kind::answered && e.kind != run::event_kind::attempt_started) return;
            const std::lock_guard lock(mutex);
            w.holds_slot = !waits && !w.elsewhere;
            changed.notify_all();
        };
        const auto began = std::chrono::steady_clock::now();
        opts.metrics.started(began - w.what.since);
        const auto done = service.perform(w.what.run, std::move(o));
        if (done) opts.metrics.ended(done->run.attempts.back().status, std::chrono::steady_clock::now() - began);
        // Somebody cancelled it before it began: it has its end.
        if (!done && done.error().code != errc::conflict)
            say(w.what.run, "a run could not be executed", done.error().what);
    }

    void work(worker& w) {
        stand_back();
        try {
            execute(w);
        } catch (const std::exception& e) {
            // A bug must not take the other runs with it.
            say(w.what.run, "a run met an internal error", e.what());
        }
        if (opts.on_change) opts.on_change(w.what.run);
        const std::lock_guard lock(mutex);
        w.done = true;
        changed.notify_all();
    }

    void dispatch() {
        std::unique_lock lock(mutex);
        for (;;) {
            // Their threads have nothing left to do but to end.
            workers.remove_if([](const worker& w) { return w.done; });
            if (stopping && workers.empty()) return;
            if (auto w = next()) {
                worker& one = workers.emplace_back();
                one.what = std::move(*w);
                one.thread = std::jthread([this, &one] { work(one); });
                continue;
            }
            changed.wait_for(lock, between_looks);
        }
    }

    run::service& service;
    store::stores& stores;
    run::wall_clock clock;
    options opts;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::list<waiting_run> waiting;
    std::list<worker> workers;
    bool stopping = false;
    int hurries = 0;
    std::jthread dispatcher;
};

run_queue::run_queue(run::service& s, store::stores& all, run::wall_clock clock, options o)
    : impl_(std::make_unique<impl>(s, all, std::move(clock), std::move(o))) {}

run_queue::~run_queue() {
    stop(0ms);
}

result<int> run_queue::begin() {
    if (auto recovered = impl_->service.recover(); !recovered) return recovered.error();
    auto runs = impl_->service.waiting();
    if (!runs) return runs.error();
    int count = 0;
    for (const store::run_record& r : *runs) {
        waiting_run w = waiting_from(r, {});
        if (!r.source.secret_names.empty()) {
            // Values of secrets are not kept.
            impl_->end(w, run::status::failed,
                       "the server was restarted before it began, and the values of its secret variables are not "
                       "kept: start it again with them");
            continue;
        }
        ++count;
        const std::lock_guard lock(impl_->mutex);
        impl_->waiting.push_back(std::move(w));
    }
    impl_->dispatcher = std::jthread([this] { impl_->dispatch(); });
    return count;
}

void run_queue::add(const store::run_record& r, std::map<std::string, vault::secret> secrets) {
    waiting_run w = waiting_from(r, std::move(secrets));
    impl_->give_way_to(w);
    if (impl_->opts.on_change) impl_->opts.on_change(r.id);
    const std::lock_guard lock(impl_->mutex);
    impl_->waiting.push_back(std::move(w));
    impl_->changed.notify_all();
}

void run_queue::look() {
    const std::lock_guard lock(impl_->mutex);
    impl_->changed.notify_all();
}

result<void> run_queue::run_now(policy::run_id run) {
    const std::lock_guard lock(impl_->mutex);
    const auto w = std::ranges::find(impl_->waiting, run, &waiting_run::run);
    if (w == impl_->waiting.end() || w->not_before <= impl_->clock())
        return failure(errc::conflict, "this execution is not put off");
    w->not_before = {};
    impl_->changed.notify_all();
    return {};
}

void run_queue::stop(std::chrono::milliseconds grace) {
    if (!impl_->dispatcher.joinable()) return;
    bool idle = false;
    const auto all_done = [this] { return std::ranges::all_of(impl_->workers, &impl::worker::done); };
    int hurried = 0;
    // So long, or until somebody is in a hurry (again).
    const auto wait = [&](std::chrono::milliseconds time, std::unique_lock<std::mutex>& lock) {
        impl_->changed.wait_for(lock, time, [&] { return all_done() || impl_->hurries > hurried; });
        if (impl_->hurries > hurried) ++hurried;
        return all_done();
    };
    {
        std::unique_lock lock(impl_->mutex);
        impl_->stopping = true;
        impl_->changed.notify_all();
        idle = wait(grace, lock);
    }
    // The first asks what runs to end, the second kills it.
    for (int asked = 0; !idle && asked < 2; ++asked) {
        impl_->service.cancel_all("the server, which was stopped");
        std::unique_lock lock(impl_->mutex);
        idle = wait(15s, lock);
    }
    impl_->dispatcher.join();
}

void run_queue::hurry() {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->hurries;
    impl_->changed.notify_all();
}

run_queue::counts run_queue::now() const {
    const std::lock_guard lock(impl_->mutex);
    counts c;
    c.waiting = static_cast<int>(impl_->waiting.size());
    for (const impl::worker& w : impl_->workers) c.running += w.done ? 0 : 1;
    return c;
}

}  // namespace latchkey::server
