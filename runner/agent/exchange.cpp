// SPDX-License-Identifier: Apache-2.0
// The side of runs, and the watch over leases. exchange_calls.cpp has the side of agents.
#include "runner/agent/exchange.hpp"

#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::agent {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto between_looks = 500ms;

}  // namespace

exchange::exchange(store::agents& store, std::function<policy::time_point()> clock, exchange_options o)
    : store_(store), clock_(std::move(clock)), options_(std::move(o)), session_(vault::random_hex(8)) {
    if (!options_.watch) return;
    watch_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            look();
            std::unique_lock lock(mutex_);
            wake_watch_.wait_for(lock, stop, between_looks, [] { return false; });
        }
    });
}

exchange::~exchange() {
    if (watch_.joinable()) {
        watch_.request_stop();
        watch_.join();
    }
    pool_.join();
}

result<void> exchange::begin() {
    return store_.leave_behind();
}

void exchange::close() {
    closed_ = true;
    const std::lock_guard lock(mutex_);
    for (auto& [agent, l] : lines_)
        if (const auto w = l.waker.lock()) w->wake();
}

void exchange::say(std::string_view what, const std::string& agent, const std::string& why) const {
    if (options_.tell) options_.tell(what, agent, why);
}

std::vector<std::shared_ptr<assignment>> exchange::assignments() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<assignment>> all;
    all.reserve(all_.size());
    for (const auto& [work, a] : all_) all.push_back(a);
    return all;
}

result<bool> exchange::can_anybody(const store::agent_wish& wish) {
    auto known = store_.all();
    if (!known) return known.error();
    return std::ranges::any_of(*known, [&](const store::agent_record& a) { return can_do(a, wish); });
}

// Between two polls it is there, too.
bool exchange::is_here(const line& l) const {
    return !l.gone && (l.ticket != 0 || (l.last_seen && clock_() - *l.last_seen < options_.lease));
}

bool exchange::is_anybody_there(const store::agent_wish& wish) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        lines_, [&](const auto& each) { return is_here(each.second) && can_do(each.second.agent, wish); });
}

result<std::shared_ptr<assignment>> exchange::ask_for(store::agent_work work, json order,
                                                      std::shared_ptr<async::waker> driver) {
    // Known before it can be claimed.
    const std::lock_guard alone(mutex_);
    auto id = store_.enqueue(work, clock_());
    if (!id) return id.error();
    work.id = *id;
    auto made = std::make_shared<assignment>(std::move(work), std::move(order), std::move(driver));
    all_.emplace(*id, made);
    wake_for(made->work.wish);
    return made;
}

// One that could take it, the one that has waited longest; under the mutex. Who is busy asks again by itself.
void exchange::wake_for(const store::agent_wish& wish) {
    line* chosen = nullptr;
    for (auto& [id, l] : lines_)
        if (l.ticket != 0 && l.free > 0 && !l.agent.draining && can_do(l.agent, wish) && !l.waker.expired() &&
            (chosen == nullptr || l.ticket < chosen->ticket))
            chosen = &l;
    if (chosen == nullptr) return;
    --chosen->free;  // the next of the queue goes to another one
    if (const auto w = chosen->waker.lock()) w->wake();
}

// Under the mutex.
void exchange::put(std::int64_t agent, json order) {
    line& l = lines_[agent];
    order["n"] = l.next++;
    l.orders.push_back(std::move(order));
    if (const auto w = l.waker.lock()) w->wake();
}

std::int64_t exchange::order(assignment& a, json form, const std::string& label) {
    const std::lock_guard alone(mutex_);
    const std::lock_guard lock(a.mutex);
    const std::int64_t number = a.next_action++;
    a.in_use = true;
    json told = {{"kind", "action"}, {"work", a.work.id}, {"action", number}, {"request", std::move(form)}};
    a.actions[number].label = label;
    if (a.at == assignment::phase::ready) put(a.agent.id, std::move(told));
    return number;
}

void exchange::tell(const assignment& a, std::string_view order, std::int64_t action) {
    const std::lock_guard alone(mutex_);
    put(a.agent.id, {{"kind", order}, {"work", a.work.id}, {"action", action}});
}

void exchange::release(const std::shared_ptr<assignment>& a) {
    {
        const std::lock_guard alone(mutex_);
        const std::lock_guard lock(a->mutex);
        all_.erase(a->work.id);
        if (a->at == assignment::phase::preparing || a->at == assignment::phase::ready)
            put(a->agent.id, {{"kind", "release"}, {"work", a->work.id}});
        a->at = assignment::phase::over;
        a->changed();
    }
    // What can't be written now is over when the server begins anew; its lease ends before.
    if (const auto done = store_.finish(a->work.id); !done)
        say("work of an agent could not be ended in the store", "", done.error().what);
}

void exchange::lose(const std::shared_ptr<assignment>& a, const std::string& why) {
    bool again = false;
    store::agent_lease lease;
    std::string name;
    {
        const std::lock_guard alone(mutex_);
        const std::lock_guard lock(a->mutex);
        if (a->at != assignment::phase::preparing && a->at != assignment::phase::ready) return;
        put(a->agent.id, {{"kind", "release"}, {"work", a->work.id}});
        name = a->agent.name;
        lease = {a->work.id, a->fence};
        if (a->until <= clock_()) {
            lines_[a->agent.id].gone = true;
            lines_[a->agent.id].ticket = 0;
        }
        // Nothing of it can have started: another one may.
        again = !a->in_use;
        a->at = again ? assignment::phase::waits : assignment::phase::lost;
        a->why = why;
        a->lease.clear();
        a->place.reset();
        a->changed();
    }
    say(again ? "an agent was lost before it began" : "an agent was lost", name, why);
    const auto done = again ? store_.give_back(lease) : store_.finish(lease.work);
    if (!done) say("the store could not be told that an agent was lost", name, done.error().what);
    if (!again) return;
    const std::lock_guard alone(mutex_);
    wake_for(a->work.wish);
}

void exchange::lose_all_of(std::int64_t agent, const std::string& why) {
    for (const auto& a : assignments()) {
        {
            const std::lock_guard lock(a->mutex);
            if (a->agent.id != agent) continue;
        }
        lose(a, why);
    }
}

void exchange::drop(std::int64_t agent, const std::string& why) {
    lose_all_of(agent, why);
    const std::lock_guard alone(mutex_);
    const auto at = lines_.find(agent);
    if (at == lines_.end()) return;
    if (const auto w = at->second.waker.lock()) w->wake();
    at->second.ticket = 0;
}

void exchange::look() {
    const policy::time_point now = clock_();
    for (const auto& a : assignments()) {
        std::string name;
        {
            const std::lock_guard lock(a->mutex);
            if ((a->at != assignment::phase::preparing && a->at != assignment::phase::ready) || a->until > now)
                continue;
            name = a->agent.name;
        }
        lose(a, "the agent " + name + " was lost: it has not been heard of for " +
                    std::to_string(std::chrono::ceil<std::chrono::seconds>(options_.lease).count()) + " seconds");
    }
}

exchange::standing exchange::standing_of(std::int64_t agent) {
    standing s;
    for (const work_at_agent& w : held_by_agents()) s.busy += w.agent == agent ? 1 : 0;
    const std::lock_guard alone(mutex_);
    const auto at = lines_.find(agent);
    if (at == lines_.end()) return s;
    s.last_seen = at->second.last_seen;
    s.online = is_here(at->second);
    return s;
}

std::vector<work_at_agent> exchange::held_by_agents() {
    std::vector<work_at_agent> all;
    for (const auto& a : assignments()) {
        const std::lock_guard lock(a->mutex);
        if (a->at != assignment::phase::preparing && a->at != assignment::phase::ready) continue;
        work_at_agent w{a->agent.id, a->work.run, a->work.attempt, {}};
        for (const auto& [number, one] : a->actions)
            if (one.at != ordered_action::phase::ended && one.at != ordered_action::phase::refused)
                w.actions.push_back(one.label);
        all.push_back(std::move(w));
    }
    return all;
}

}  // namespace latchkey::agent
