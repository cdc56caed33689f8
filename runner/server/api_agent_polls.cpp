// SPDX-License-Identifier: Apache-2.0
// How an agent comes, asks for orders, and keeps its leases.
#include "runner/agent/exchange.hpp"
#include "runner/agent/protocol.hpp"
#include "runner/async/offload.hpp"
#include "runner/server/handlers.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_poll{25};
constexpr std::chrono::seconds between_blanks{8};
constexpr std::int64_t most_at_once = 1000;

result<void> check_protocol(std::int64_t theirs, const std::string& version) {
    if (theirs == agent::protocol_version) return {};
    return failure(errc::refused, "the agent's version " + version + " speaks protocol " + std::to_string(theirs) +
                                      " and this server protocol " + std::to_string(agent::protocol_version) +
                                      ": install the same version of latchkey on both");
}

// Letters, digits, -, _ and .
bool is_name(std::string_view text) {
    constexpr std::string_view fine = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.size() <= 100 && text.find_first_not_of(fine) == std::string_view::npos;
}

json form_of(const agent::exchange::polled& p) {
    return {{"session", p.session}, {"start_over", p.start_over}, {"orders", p.orders}};
}

// One that is cut off loses nothing: an order stays until the agent has said that it has seen it.
async::task<> tell_orders(http::body_writer& to, agent::exchange& agents, store::agent_record who,
                          agent::exchange::poll asked) {
    const auto waker = std::make_shared<async::waker>(co_await boost::asio::this_coro::executor);
    const std::uint64_t ticket = agents.enter(who, asked.free, waker);
    const auto until = clock::now() + longest_poll;
    for (bool there = true; there;) {
        const std::uint64_t seen = waker->count();
        const auto found =
            co_await async::offload(agents.pool(), [&] { return agents.orders_for(who, asked, ticket); });
        // Nothing at all: it comes again.
        if (!found || found->superseded) break;
        if (!found->orders.empty() || found->start_over || agents.closed() || clock::now() >= until) {
            co_await to.write(form_of(*found).dump());
            break;
        }
        // A blank is nothing to who reads, and tells whether anybody still does.
        while (there && waker->count() == seen && clock::now() < until) {
            const auto pause = std::min<clock::duration>(until - clock::now(), between_blanks);
            co_await waker->wait(std::chrono::ceil<std::chrono::milliseconds>(pause), seen);
            if (waker->count() == seen) there = co_await to.write(" ");
        }
    }
    agents.leave(who.id, ticket);
}

// What it says it has: work and fence.
std::vector<store::agent_lease> leases_in(input& in) {
    std::vector<store::agent_lease> all;
    for (const json& one : in.objects("leases").value_or(std::vector<json>())) {
        input lease(one);
        all.push_back({lease.number("work").value_or(0), lease.number("fence").value_or(0)});
    }
    return all;
}

}  // namespace

result<answer> register_agent(call& c) {
    if (c.server.agents == nullptr) return failure(errc::not_found, "this server works without agents (--agents)");
    input in(c.body);
    const std::string token = in.required("token");
    store::agent_record wanted;
    wanted.name = in.required("name");
    wanted.pool = in.text("pool").value_or("");
    wanted.tags = in.texts("tags").value_or(std::vector<std::string>());
    wanted.cpu = in.text("cpu").value_or("X64");
    const std::int64_t capacity = in.number("capacity").value_or(1);
    wanted.signing_key = in.required("signing_key");
    wanted.sealing_key = in.required("sealing_key");
    wanted.version = in.text("version").value_or("");
    const std::int64_t protocol = in.number("protocol").value_or(0);
    if (!is_name(wanted.name)) in.refuse("`name` may hold letters, digits, -, _ and .");
    if (wanted.tags.size() > 100 || !std::ranges::all_of(wanted.tags, is_name))
        in.refuse("`tags` may hold letters, digits, -, _ and .");
    if (wanted.cpu != "X64" && wanted.cpu != "ARM") in.refuse("`cpu` is X64 or ARM");
    if (capacity < 1 || capacity > most_at_once) in.refuse("`capacity` is a number from 1 to 1000");
    if (!vault::is_public_key(wanted.signing_key) || !vault::is_public_key(wanted.sealing_key))
        in.refuse("`signing_key` and `sealing_key` are public keys in hex");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto fits = check_protocol(protocol, wanted.version.substr(0, 50)); !fits) return fits.error();
    wanted.capacity = static_cast<int>(capacity);
    wanted.version.resize(std::min<std::size_t>(wanted.version.size(), 50));
    auto made = c.server.stores.machines->enroll(vault::hash_of_token(token), std::move(wanted), c.now());
    if (!made) return made.error();
    return answer{201, {{"id", made->id}, {"name", made->name}, {"pool", made->pool}, {"tags", made->tags}}, {}};
}

result<answer> poll_orders(call& c) {
    input in(c.body);
    agent::exchange::poll asked;
    asked.session = in.text("session").value_or("");
    asked.boot = in.required("boot");
    asked.after = in.number("after").value_or(0);
    asked.free = static_cast<int>(std::clamp<std::int64_t>(in.number("free").value_or(0), 0, most_at_once));
    const std::int64_t protocol = in.number("protocol").value_or(0);
    store::agent_record who = *c.agent;
    who.version = in.text("version").value_or("").substr(0, 50);
    who.capacity = static_cast<int>(std::clamp<std::int64_t>(in.number("capacity").value_or(1), 1, most_at_once));
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto fits = check_protocol(protocol, who.version); !fits) return fits.error();
    answer a;
    a.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"X-Accel-Buffering", "no"}};
    a.stream = [agents = c.server.agents, who = std::move(who), asked = std::move(asked)](http::body_writer& to) {
        return tell_orders(to, *agents, who, asked);
    };
    return a;
}

result<answer> renew_leases(call& c) {
    input in(c.body);
    const auto leases = leases_in(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (leases.size() > static_cast<std::size_t>(most_at_once))
        return failure(errc::usage, "these are more leases than an agent can have");
    auto ended = c.server.agents->renew(*c.agent, leases);
    if (!ended) return ended.error();
    return answer{200, {{"ended", *ended}}, {}};
}

result<answer> leave_work(call& c) {
    input in(c.body);
    const auto leases = leases_in(in);
    if (auto fine = in.checked(); !fine) return fine.error();
    c.server.agents->give_up(*c.agent, leases);
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
