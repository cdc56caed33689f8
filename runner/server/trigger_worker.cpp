// SPDX-License-Identifier: Apache-2.0
#include "runner/server/trigger_worker.hpp"

#include "runner/server/event_runs.hpp"
#include "runner/triggers/event_facts.hpp"
#include "runner/triggers/event_filter.hpp"
#include "runner/triggers/scheduler.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::server {

namespace {

using std::chrono::seconds;

constexpr int at_once = 20;
// Until a repository that can't be reached is asked again.
constexpr std::array<seconds, 5> pauses = {seconds(10), seconds(60), seconds(300), seconds(1800), seconds(7200)};
constexpr std::chrono::hours longest_sleep{1};

bool may_pass(errc code) {
    return code == errc::engine || code == errc::io || code == errc::store;
}

std::int64_t number_named(const store::facts& facts, std::string_view name) {
    std::int64_t value = 0;
    const auto at = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
    if (at != facts.end()) std::from_chars(at->second.data(), at->second.data() + at->second.size(), value);
    return value;
}

// Where the event's runs are made, or it is put off, or given up with a line in the log. False: the store is in
// trouble, and the event stays.
bool deal_with(const event_runs& runs, store::stores& stores, server_log& log,
               const store::repository_event_record& record, policy::time_point now) {
    const auto event = triggers::event_from(record.event);
    const policy::workspace_id workspace(number_named(record.event, "workspace"));
    auto done = event ? runs.start(workspace, record.project, record.actor, *event, record.id)
                      : result<void>(failure(errc::corrupt, "what a hook told can't be read any more"));
    if (!done && may_pass(done.error().code) && static_cast<std::size_t>(record.tries) < pauses.size()) {
        log.write(log_level::warning, "what a hook told is tried again later",
                  {{"event", record.id}, {"why", done.error().what}});
        if (auto put = stores.triggers->try_again(record.id, now + pauses[static_cast<std::size_t>(record.tries)]);
            put)
            return true;
    }
    if (!done)
        log.write(log_level::error, "what a hook told started nothing",
                  {{"event", record.id}, {"project", record.project.value()}, {"why", done.error().what}});
    auto noted = stores.triggers->done(record.id);
    if (!noted)
        log.write(log_level::error, "the store did not take that an event is dealt with",
                  {{"why", noted.error().what}});
    return noted.has_value();
}

std::vector<triggers::planned> plans_of(const std::vector<store::scheduled_pipeline>& all) {
    std::vector<triggers::planned> plans;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto rules = triggers::rules_of_settings(all[i].events, "[]");
        if (!rules) continue;
        for (const pipelines::event& e : rules->events) {
            if (e.type != pipelines::event_type::schedule) continue;
            if (auto read = pipelines::read_schedule(e); read.value)
                plans.push_back(
                    {std::to_string(i), std::move(*read.value), std::chrono::floor<seconds>(all[i].seen)});
        }
    }
    return plans;
}

}  // namespace

trigger_worker::trigger_worker(store::stores& stores, run_executor& runs, clock time, server_log& log)
    : stores_(stores), runs_(runs), clock_(std::move(time)), log_(log) {}

trigger_worker::~trigger_worker() {
    stop();
}

void trigger_worker::begin() {
    thread_ = std::thread([this] { work(); });
}

void trigger_worker::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    more_.notify_all();
}

void trigger_worker::stop() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        more_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void trigger_worker::work() {
    for (;;) {
        policy::time_point again;
        try {
            again = look();
        } catch (const std::exception& e) {
            log_.write(log_level::error, "a bug in what starts runs", {{"why", e.what()}});
            again = clock_() + seconds(60);
        }
        std::unique_lock lock(mutex_);
        const auto left = std::max<policy::time_point::duration>(again - clock_(), std::chrono::milliseconds(10));
        more_.wait_for(lock, left, [this] { return woken_ || ending_; });
        if (ending_) return;
        woken_ = false;
    }
}

policy::time_point trigger_worker::look() {
    const policy::time_point now = clock_();
    policy::time_point again = now + longest_sleep;
    const event_runs runs(stores_, runs_, clock_, log_);
    auto events = stores_.triggers->due_events(now, at_once);
    if (!events) {
        log_.write(log_level::error, "what hooks told can't be read", {{"why", events.error().what}});
        again = now + seconds(60);
    } else {
        bool noted = true;
        for (const auto& record : *events) noted = deal_with(runs, stores_, log_, record, now) && noted;
        const auto next = stores_.triggers->next_event();
        if (!noted)
            again = now + seconds(60);
        else if (next && *next)
            again = std::min(again, **next);
    }

    std::vector<store::scheduled_pipeline> all;
    triggers::scheduler schedules(
        [&]() -> result<std::vector<triggers::planned>> {
            auto found = stores_.triggers->scheduled();
            if (!found) return found.error();
            all = std::move(*found);
            return plans_of(all);
        },
        [&](const triggers::due_start& due, std::chrono::sys_seconds) -> result<void> {
            const auto& what = all[static_cast<std::size_t>(std::stoul(due.key))];
            // First noted, then started: a server that ends in between starts one too few, never one twice.
            if (auto noted = stores_.triggers->mark(what, now); !noted) return noted;
            if (auto started = runs.start_scheduled(what, due.at, due.times); !started)
                log_.write(log_level::error, "a schedule started nothing",
                           {{"pipeline", what.pipeline.value()}, {"why", started.error().what}});
            return {};
        },
        [&] { return std::chrono::floor<seconds>(now); });
    const auto looked = schedules.look();
    for (const std::string& why : looked.failed) log_.write(log_level::error, "schedules", {{"why", why}});
    return std::min(again, policy::time_point(looked.look_again));
}

}  // namespace latchkey::server
