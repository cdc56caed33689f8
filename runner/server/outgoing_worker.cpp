// SPDX-License-Identifier: Apache-2.0
#include "runner/server/outgoing_worker.hpp"

#include "runner/server/outgoing_message.hpp"
#include "runner/server/outgoing_status.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace latchkey::server {

namespace {

using std::chrono::seconds;

constexpr int at_once = 100;
// Longer than a try takes: nobody takes it from a sender that is alive.
constexpr std::chrono::milliseconds lease{60'000};
constexpr std::chrono::minutes longest_sleep{1};
constexpr seconds between_looks{1};
constexpr int most_refusals = 3;  // of a status that the forge does not let us set

metrics::counter& outcome_counter(metrics::registry& r, const char* what, const char* outcome) {
    return r.count("latchkey_outgoing_total", "What was told to others, by what became of the try.",
                   {{"what", what}, {"outcome", outcome}});
}

struct counts {
    counts(metrics::registry& r, const char* what)
        : delivered(outcome_counter(r, what, "delivered")),
          failed(outcome_counter(r, what, "failed")),
          given_up(outcome_counter(r, what, "given_up")) {}
    metrics::counter& delivered;
    metrics::counter& failed;
    metrics::counter& given_up;
};

}  // namespace

struct outgoing_worker::impl {
    impl(store::stores& all, const vault::vault& v, options o)
        : stores(all),
          vault(v),
          with(std::move(o)),
          of_webhooks(with.metrics, "webhook"),
          of_statuses(with.metrics, "commit_status"),
          waiting(with.metrics.measure("latchkey_outgoing_waiting", "What waits to be told to others.")) {
        with.send.cut = &cut;
    }

    // -- what happened becomes what is to be sent

    bool dispatch_all() {
        bool some_were = false;
        for (;;) {
            auto some = stores.outgoing->notices(at_once);
            if (!some) {
                with.log.write(log_level::error, "what is to be told to others can't be read",
                               {{"why", some.error().what}});
                return some_were;
            }
            for (const store::notice_record& n : *some) {
                if (!dispatch(n)) return some_were;
                some_were = true;
            }
            if (some->size() < at_once) return some_were;
        }
    }

    // False: the store is in trouble, and it stays.
    bool dispatch(const store::notice_record& n) {
        auto messages = messages_of(stores, base, n);
        if (!messages && messages.error().code == errc::store) return false;
        if (!messages && messages.error().code != errc::not_found)
            with.log.write(log_level::error, "webhooks are not told of something",
                           {{"notice", n.id}, {"why", messages.error().what}});
        bool tell_status = false;
        if (n.kind != store::notice_kind::event) {
            auto run = stores.runs->run(n.run);
            if (!run && run.error().code == errc::store) return false;
            tell_status = run && has_commit_status(*run);
        }
        auto done = stores.outgoing->dispatch(n, messages ? *messages : std::vector<store::outgoing_message>(),
                                              tell_status, with.clock());
        if (!done)
            with.log.write(log_level::error, "what is to be told to others can't be kept",
                           {{"notice", n.id}, {"why", done.error().what}});
        return done.has_value();
    }

    // -- sending

    bool send_a_delivery() {
        auto taken = stores.hooks->claim(1, with.clock(), lease);
        if (!taken) return trouble(taken.error());
        if (taken->empty()) return false;
        const store::delivery_record& d = taken->front();
        auto outcome = try_delivery(d);
        if (cut) outcome.again = with.clock();
        (outcome.delivered ? of_webhooks.delivered : outcome.again ? of_webhooks.failed : of_webhooks.given_up).add();
        if (!outcome.delivered && !outcome.again)
            with.log.write(log_level::warning, "a webhook's delivery is given up",
                           {{"webhook", d.webhook.value()}, {"tries", d.tries}, {"why", outcome.response}});
        // not_found: the webhook was removed meanwhile.
        auto noted = stores.hooks->finish(d.id, d.tries, outcome, with.clock());
        if (!noted && noted.error().code != errc::not_found && noted.error().code != errc::conflict)
            return trouble(noted.error());
        return true;
    }

    store::webhooks::outcome try_delivery(const store::delivery_record& d) {
        const auto later = [&]() -> std::optional<policy::time_point> {
            const auto pause = with.pause(d.tries);
            return pause ? std::optional(with.clock() + *pause) : std::nullopt;
        };
        auto hook = stores.hooks->get(d.workspace, d.webhook);
        if (!hook) return {hook.error().what, false, later()};
        vault::secret key;
        if (hook->secret) {
            auto opened = vault.open_value({vault::value_kind::webhook, d.webhook.value()}, *hook->secret);
            // Never unsigned where it is to be signed.
            if (!opened) return {"its secret can't be opened", false, later()};
            key = std::move(*opened);
        }
        const auto said = outgoing::deliver({hook->target, d.event, std::to_string(d.id), d.body}, key,
                                            std::chrono::floor<seconds>(with.clock()), with.send);
        using verdict = outgoing::outcome::verdict;
        const std::string response = said.status != 0 ? std::to_string(said.status) : said.said;
        if (said.what == verdict::delivered) return {response, true, {}};
        return {response, false, said.what == verdict::refused ? std::nullopt : later()};
    }

    bool send_a_status() {
        auto taken = stores.outgoing->claim_statuses(1, with.clock(), lease);
        if (!taken) return trouble(taken.error());
        if (taken->empty()) return false;
        const store::due_status& what = taken->front();
        const auto again = try_status(what);
        if (auto noted = stores.outgoing->finish_status(what, again, with.clock()); !noted)
            return trouble(noted.error());
        return true;
    }

    // When to try again; nothing: told, or given up.
    std::optional<policy::time_point> try_status(const store::due_status& what) {
        result<void> sent;
        auto told = status_of(stores, vault, base, what);
        if (!told) {
            sent = told.error();
        } else {
            if (!*told) return std::nullopt;
            sent = outgoing::send_status((*told)->place, (*told)->status, (*told)->token, with.send);
        }
        if (sent) {
            of_statuses.delivered.add();
            return std::nullopt;
        }
        if (cut) return with.clock();
        const errc code = sent.error().code;
        const bool may_not = code == errc::denied || code == errc::not_found;
        auto pause = with.pause(what.tries);
        if (code == errc::refused || (may_not && what.tries >= most_refusals)) pause.reset();
        if (pause) {
            of_statuses.failed.add();
            return with.clock() + *pause;
        }
        of_statuses.given_up.add();
        with.log.write(log_level::warning, "a commit's status is not told to its forge",
                       {{"run", what.run.value()}, {"why", sent.error().what}});
        return std::nullopt;
    }

    bool trouble(const failure& why) {
        with.log.write(log_level::error, "what is to be told to others waits: the store is in trouble",
                       {{"why", why.what}});
        return false;
    }

    // -- threads

    std::chrono::milliseconds until_next() {
        const auto now = stores.outgoing->look();
        if (!now) return longest_sleep;
        waiting.set(static_cast<double>(now->deliveries + now->statuses));
        if (!now->next) return longest_sleep;
        const std::chrono::milliseconds left = *now->next - with.clock();
        // Due, and not taken: it has become so since, or another sender is just taking it.
        if (left <= left.zero()) return between_looks;
        return std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(20), longest_sleep);
    }

    void dispatching() {
        for (;;) {
            bool last = false;
            {
                std::unique_lock lock(mutex);
                happened.wait_for(lock, longest_sleep, [this] { return woken || ending; });
                woken = false;
                last = ending;
            }
            if (guarded([this] { return dispatch_all(); }) || last) {
                const std::lock_guard lock(mutex);
                ++queued;
                dispatched_last = last;
                due.notify_all();
            }
            if (last) return;
        }
    }

    void sending() {
        for (;;) {
            std::uint64_t seen = 0;
            {
                const std::lock_guard lock(mutex);
                seen = queued;
            }
            const bool sent = !cut && guarded([this] {
                const bool delivery = send_a_delivery();
                return send_a_status() || delivery;
            });
            std::unique_lock lock(mutex);
            if (sent) {
                // What it held back of its webhook may go now.
                ++queued;
                due.notify_all();
                continue;
            }
            if (seen != queued) continue;
            if (dispatched_last || cut) return;
            lock.unlock();
            const auto pause = until_next();
            lock.lock();
            due.wait_for(lock, pause, [&] { return seen != queued || cut; });
        }
    }

    bool guarded(const std::function<bool()>& work) {
        try {
            return work();
        } catch (const std::exception& e) {
            with.log.write(log_level::error, "a bug in what tells others", {{"why", e.what()}});
            return false;
        }
    }

    store::stores& stores;
    const vault::vault& vault;
    options with;
    std::string base;
    counts of_webhooks;
    counts of_statuses;
    metrics::gauge& waiting;
    std::atomic<bool> cut{false};

    std::mutex mutex;
    std::condition_variable happened;
    std::condition_variable due;
    bool woken = true;  // what an earlier server has left
    bool ending = false;
    bool dispatched_last = false;
    std::uint64_t queued = 0;  // changes when there may be something to send
    int sending_now = 0;
    std::condition_variable drained;
    std::vector<std::thread> threads;
};

outgoing_worker::outgoing_worker(store::stores& stores, const vault::vault& vault, options o)
    : impl_(std::make_unique<impl>(stores, vault, std::move(o))) {}

outgoing_worker::~outgoing_worker() {
    stop(std::chrono::milliseconds(0));
}

void outgoing_worker::begin(std::string base) {
    impl& i = *impl_;
    i.base = std::move(base);
    i.sending_now = i.with.senders;
    i.threads.emplace_back([&i] { i.dispatching(); });
    for (int n = 0; n < i.with.senders; ++n)
        i.threads.emplace_back([&i] {
            i.sending();
            const std::lock_guard lock(i.mutex);
            --i.sending_now;
            i.drained.notify_all();
        });
}

void outgoing_worker::wake() {
    const std::lock_guard lock(impl_->mutex);
    impl_->woken = true;
    impl_->happened.notify_all();
}

void outgoing_worker::stop(std::chrono::milliseconds grace) {
    impl& i = *impl_;
    {
        std::unique_lock lock(i.mutex);
        i.ending = true;
        i.happened.notify_all();
        i.drained.wait_for(lock, grace, [&i] { return i.sending_now == 0; });
        i.cut = true;
        i.due.notify_all();
    }
    for (std::thread& each : i.threads) each.join();
    i.threads.clear();
}

}  // namespace latchkey::server
