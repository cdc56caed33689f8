// SPDX-License-Identifier: Apache-2.0
// The side of agents: polls, leases.
#include "runner/agent/exchange.hpp"
#include "runner/agent/protocol.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::agent {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds between_notes{60};

// One answer for a lease that has ended, that is another's, and that never was.
failure no_such_lease() {
    return {errc::denied, "this lease has ended, or is not this agent's: end what it was for"};
}

}  // namespace

std::uint64_t exchange::enter(const store::agent_record& agent, int free,
                              const std::shared_ptr<async::waker>& waker) {
    const std::lock_guard alone(mutex_);
    line& l = lines_[agent.id];
    if (const auto before = l.waker.lock()) before->wake();
    l.agent = agent;
    l.free = free;
    l.waker = waker;
    l.ticket = ++tickets_;
    l.gone = false;
    return l.ticket;
}

void exchange::leave(std::int64_t agent, std::uint64_t ticket) {
    const std::lock_guard alone(mutex_);
    const auto at = lines_.find(agent);
    if (at == lines_.end() || at->second.ticket != ticket) return;
    at->second.ticket = 0;
    at->second.free = 0;
    at->second.last_seen = clock_();
}

result<exchange::polled> exchange::orders_for(const store::agent_record& agent, const poll& p, std::uint64_t ticket) {
    polled out;
    out.session = session_;
    const policy::time_point now = clock_();
    bool greets = false;
    bool noted = false;
    std::string started_anew;
    {
        const std::lock_guard alone(mutex_);
        line& l = lines_[agent.id];
        out.superseded = l.ticket != ticket;
        if (out.superseded) return out;
        noted = !l.last_seen || now - *l.last_seen > between_notes;
        l.last_seen = now;
        if (l.boot != p.boot || p.session != session_) {
            // It knows nothing of what it had, or of this server.
            if (!l.boot.empty() && l.boot != p.boot) started_anew = "was started anew";
            if (!l.boot.empty() && l.boot == p.boot) started_anew = "has started over";
            l.boot = p.boot;
            l.orders.clear();
            l.greeted = false;
            out.start_over = true;
        } else if (!l.greeted) {
            l.greeted = greets = true;
        }
    }
    if (noted)
        if (auto done = store_.seen(agent.id, agent.version, agent.capacity, now); !done) return done.error();
    if (out.start_over) {
        if (!started_anew.empty()) lose_all_of(agent.id, "the agent " + agent.name + " was lost: it " + started_anew);
        return out;
    }
    // It has ended whatever it had of an earlier server, else it would not know this one.
    if (greets)
        if (auto done = store_.let_go(agent.id); !done) return done.error();
    if (p.free > 0 && !agent.draining && !closed_) {
        auto claimed = claim_for(agent);
        if (!claimed) return claimed.error();
    }
    const std::lock_guard alone(mutex_);
    line& l = lines_[agent.id];
    std::erase_if(l.orders, [&](const json& o) { return o["n"].get<std::int64_t>() <= p.after; });
    for (const json& o : l.orders) out.orders.push_back(o);
    return out;
}

// At most one: what more there is, the next poll takes.
result<bool> exchange::claim_for(const store::agent_record& agent) {
    for (;;) {
        const policy::time_point until = clock_() + options_.lease;
        const std::string lease = vault::random_hex(8);
        auto work = store_.claim(agent, lease, clock_(), until);
        if (!work) return work.error();
        if (!*work) return false;
        std::unique_lock alone(mutex_);
        const auto at = all_.find((*work)->id);
        if (at == all_.end()) {
            // Nobody here wants it any more.
            alone.unlock();
            if (auto done = store_.finish((*work)->id); !done) return done.error();
            continue;
        }
        assignment& a = *at->second;
        const std::lock_guard lock(a.mutex);
        a.at = assignment::phase::preparing;
        a.agent = agent;
        a.lease = lease;
        a.fence = (*work)->fence;
        a.until = until;
        a.why.clear();
        json order = a.order;
        order["kind"] = "work";
        order["work"] = a.work.id;
        order["lease"] = lease;
        order["fence"] = a.fence;
        order["sealing_key"] = keys_.sealing_key();
        order["lease_seconds"] = std::chrono::duration<double>(options_.lease).count();
        put(agent.id, std::move(order));
        a.changed();
        return true;
    }
}

result<std::vector<std::int64_t>> exchange::renew(const store::agent_record& agent,
                                                  std::span<const store::agent_lease> leases) {
    const policy::time_point until = clock_() + options_.lease;
    {
        const std::lock_guard alone(mutex_);
        lines_[agent.id].last_seen = clock_();
        lines_[agent.id].gone = false;
    }
    // In the store first: what it does not know of is not renewed here.
    auto renewed = store_.renew(agent.id, leases, until);
    if (!renewed) return renewed.error();
    std::vector<std::int64_t> ended;
    for (const store::agent_lease& l : leases) {
        bool good = std::ranges::find(*renewed, l.work) != renewed->end();
        if (good) {
            const std::lock_guard alone(mutex_);
            const auto at = all_.find(l.work);
            good = at != all_.end();
            if (good) {
                assignment& a = *at->second;
                const std::lock_guard lock(a.mutex);
                good = a.agent.id == agent.id && a.fence == l.fence &&
                       (a.at == assignment::phase::preparing || a.at == assignment::phase::ready);
                if (good) a.until = std::max(a.until, until);
            }
        }
        if (!good) ended.push_back(l.work);
    }
    return ended;
}

void exchange::prepared(assignment& a, exec::workplace place, const std::string& why_not,
                        std::vector<std::string> notes) {
    const std::lock_guard lock(a.mutex);
    if (a.at != assignment::phase::preparing) return;  // told again
    if (why_not.empty()) {
        a.at = assignment::phase::ready;
        a.place = std::move(place);
        a.notes = std::move(notes);
    } else {
        a.at = assignment::phase::lost;
        a.why = "the agent " + a.agent.name + " can't prepare it: " + why_not;
    }
    a.changed();
}

void exchange::give_up(const store::agent_record& agent, std::span<const store::agent_lease> leases) {
    for (const store::agent_lease& l : leases) {
        std::shared_ptr<assignment> a;
        {
            const std::lock_guard alone(mutex_);
            const auto at = all_.find(l.work);
            if (at == all_.end()) continue;
            a = at->second;
            const std::lock_guard lock(a->mutex);
            if (a->agent.id != agent.id || a->fence != l.fence) continue;
        }
        lose(a, "the agent " + agent.name + " was lost: it was ended");
    }
}

result<std::shared_ptr<assignment>> exchange::held(const store::agent_record& agent, std::int64_t work,
                                                   std::string_view lease) {
    std::shared_ptr<assignment> a;
    {
        const std::lock_guard alone(mutex_);
        const auto at = all_.find(work);
        if (at == all_.end()) return no_such_lease();
        a = at->second;
    }
    const std::lock_guard lock(a->mutex);
    const bool good = a->agent.id == agent.id && !a->lease.empty() &&
                      lease == a->lease + "." + std::to_string(a->fence) && a->until > clock_() &&
                      (a->at == assignment::phase::preparing || a->at == assignment::phase::ready);
    if (!good) return no_such_lease();
    return a;
}

}  // namespace latchkey::agent
