// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/agent/protocol_world.hpp"

#include "runner/agent/protocol.hpp"
#include "runner/vault/sha256.hpp"
#include "runner/vault/token.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

using nlohmann::json;

protocol_world::protocol_world() {
    api = std::make_unique<api_world>(1'000'000, [this](server::state& s) {
        s.clock = [this] { return now(); };
        exchange =
            std::make_unique<agent::exchange>(*s.stores.machines, s.clock, agent::exchange_options{.watch = false});
        s.agents = exchange.get();
    });
}

policy::time_point protocol_world::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) +
           std::chrono::milliseconds(ahead_);
}

std::string protocol_world::registration(const json& wanted) {
    const auto made = api->ask("POST", "/latchkey/v1/agents/registrations", api->token(api->team.owner), wanted);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return made.body["token"];
}

protocol_world::known protocol_world::enroll(const std::string& name, const json& wanted) {
    known a;
    const auto made = api->ask("POST", "/latchkey/v1/agent/register", "",
                               {{"token", registration(wanted)},
                                {"name", name},
                                {"signing_key", a.keys.signing_key()},
                                {"sealing_key", a.keys.sealing_key()},
                                {"version", "1"},
                                {"protocol", agent::protocol_version}});
    REQUIRE_MESSAGE(made.status == 201, made.text);
    a.number = made.body["id"];
    a.record = api->stores().machines->get(a.number).value();
    return a;
}

api_reply protocol_world::ask(const known& a, const std::string& method, const std::string& path,
                              const std::string& body, const agent_call& h) const {
    const std::string target = std::string(agent::base_path) + path;
    const std::string id = h.as.empty() ? std::to_string(a.number) : h.as;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count() - h.late;
    const std::string nonce = h.nonce.empty() ? vault::random_hex(12) : h.nonce;
    vault::sha256 hash;
    hash.add(h.sign.empty() ? body : h.sign);
    const std::string signature =
        a.keys.sign(agent::text_to_sign(id, method, target, hash.hex(), std::to_string(seconds), nonce, h.lease));
    return ask_server(
        api->port(), method, target, "", body,
        {{"Authorization", "Latchkey-Agent " + id + "." + std::to_string(seconds) + "." + nonce + "." + signature},
         {std::string(agent::lease_header), h.lease}});
}

json protocol_world::orders(const known& a, std::int64_t after, int free) {
    const auto record = api->stores().machines->get(a.number).value();
    const auto waker = std::make_shared<async::waker>(loop_.get_executor());
    for (int i = 0; i < 2; ++i) {
        const auto ticket = exchange->enter(record, free, waker);
        const auto got = exchange->orders_for(record, {sessions_[a.number], "boot", after, free}, ticket);
        exchange->leave(a.number, ticket);
        REQUIRE(got.has_value());
        sessions_[a.number] = got->session;
        if (!got->start_over) return got->orders;
    }
    FAIL("it is told to start over again and again");
    return {};
}

std::shared_ptr<agent::assignment> protocol_world::work(const store::agent_wish& wish) {
    store::agent_work w;
    w.run = policy::run_id(++runs_);
    w.wish = wish;
    return exchange->ask_for(w, json::object(), std::make_shared<async::waker>(loop_.get_executor())).value();
}

std::string protocol_world::begin(const known& a, agent::assignment& work) {
    const json told = orders(a);
    std::string lease;
    for (const json& o : told)
        if (o["kind"] == "work" && o["work"] == work.work.id)
            lease = o["lease"].get<std::string>() + "." + o["fence"].dump();
    REQUIRE_FALSE(lease.empty());
    const auto ready = ask(a, "/attempts/" + std::to_string(work.work.id) + "/ready",
                           {{"workspace", "/w"}, {"caches", "/c"}, {"program", "/p"}, {"environment", json::array()}},
                           {.lease = lease});
    REQUIRE_MESSAGE(ready.status == 200, ready.text);
    return lease;
}

}  // namespace latchkey::test
