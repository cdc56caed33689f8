// SPDX-License-Identifier: Apache-2.0
//
// What the server takes from agents and what it does not, hostile ones too: who it is, whose lease it is, and what is
// reported under it.
#include "tests/runner/agent/protocol_world.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using nlohmann::json;
using phase = agent::ordered_action::phase;

namespace {

std::string at(const agent::assignment& a, const std::string& what, std::int64_t action = 0) {
    return "/attempts/" + std::to_string(a.work.id) + (action > 0 ? "/actions/" + std::to_string(action) : "") + "/" +
           what;
}

// As the run's loop does once it has decided.
void deliver(agent::assignment& a, std::int64_t action, const std::string& sealed) {
    std::unique_lock lock(a.mutex);
    REQUIRE(a.moved.wait_for(lock, 20s, [&] { return a.actions.at(action).at == phase::asked; }));
    a.actions.at(action).at = phase::delivered;
    a.actions.at(action).sealed = sealed;
    a.moved.notify_all();
}

}  // namespace

TEST_SUITE("agent.protocol") {
    TEST_CASE("who calls is known by the signature over all of the call, which is good once and for a minute") {
        protocol_world w;
        const auto a = w.enroll("a");
        const auto b = w.enroll("b");
        const json beat = {{"leases", json::array()}};
        CHECK_EQ(w.ask(a, "/heartbeat", beat).status, 200);
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.as = std::to_string(b.number)}).status, 401);
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.as = "999"}).status, 401);
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.sign = "{}"}).status, 401);
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.nonce = "0123456789abcdef0123"}).status, 200);
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.nonce = "0123456789abcdef0123"}).status, 401);
        const auto late = w.ask(a, "/heartbeat", beat, {.late = 100});
        CHECK_EQ(late.status, 401);
        CHECK_EQ(late.message(), "the clocks of this agent and the server are 100 seconds apart: set them");
        CHECK_EQ(w.ask(a, "/heartbeat", beat, {.late = -100}).status, 401);
        // A person's token is none, and an agent is nobody elsewhere.
        CHECK_EQ(w.api->ask("POST", "/latchkey/v1/agent/heartbeat", w.api->token(w.api->team.owner), beat).status,
                 401);
        CHECK_EQ(ask_server(w.api->port(), "GET", "/latchkey/v1/agents", "", "",
                            {{"Authorization", "Latchkey-Agent 1.1.0123456789abcdef0123.00"}})
                     .status,
                 401);
        CHECK_EQ(w.api->stores().machines->remove(a.number, w.api->team.owner, w.now()).has_value(), true);
        CHECK_EQ(w.ask(a, "/heartbeat", beat).status, 401);
    }

    TEST_CASE("a registration's token is good once, in its time, for its pool and for this version") {
        protocol_world w;
        vault::key_pairs keys = vault::key_pairs::make();
        json body = {{"token", w.registration({{"name", "fixed"}, {"pool", "linux"}, {"tags", {"gpu"}}})},
                     {"name", "mine"},
                     {"pool", "other"},
                     {"tags", {"own"}},
                     {"signing_key", keys.signing_key()},
                     {"sealing_key", keys.sealing_key()},
                     {"version", "9"},
                     {"protocol", 99}};
        const auto come = [&] { return w.api->ask("POST", "/latchkey/v1/agent/register", "", body); };
        const auto skewed = come();
        CHECK_EQ(skewed.status, 422);
        CHECK_EQ(skewed.message(),
                 "the agent's version 9 speaks protocol 99 and this server protocol 1: install the same version of "
                 "latchkey on both");
        body["protocol"] = 1;
        CHECK_EQ(come().message(), "the registration is for the pool linux, not other");
        body["pool"] = "linux";
        const auto made = come();
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["name"], "fixed");
        CHECK_EQ(made.body["tags"], json({"own", "gpu"}));
        CHECK_EQ(come().status, 404);
        body["token"] = w.registration({{"expires", 60}});
        w.pass(61s);
        CHECK_EQ(come().status, 404);
        body["token"] = w.registration();
        body["signing_key"] = "short";
        CHECK_EQ(come().status, 400);
        const auto polled = w.ask(w.enroll("old"), "/poll", {{"boot", "x"}, {"protocol", 0}});
        CHECK_EQ(polled.status, 422);
    }

    TEST_CASE(
        "another agent's lease, one that has ended and one that never was are the same: 403, and nothing of it") {
        protocol_world w;
        const auto a = w.enroll("a");
        const auto b = w.enroll("b");
        const auto work = w.work();
        const std::string lease = w.begin(a, *work);
        const std::int64_t action = w.exchange->order(*work, {{"label", "x"}}, "x");
        const std::vector<std::pair<std::string, json>> calls = {
            {at(*work, "ready"), {{"workspace", "/"}}},
            {at(*work, "secrets", action), json::object()},
            {at(*work, "started", action), json::object()},
            {at(*work, "output", action) + "?offset=0", {{"a", 1}}},
            {at(*work, "end", action), {{"number", 0}}}};
        std::string said;
        const auto all_denied = [&](const protocol_world::known& who, const std::string& with) {
            for (const auto& [path, body] : calls) {
                const auto reply = w.ask(who, path, body, {.lease = with});
                CAPTURE(path);
                CHECK_EQ(reply.status, 403);
                if (said.empty()) said = reply.text;
                CHECK_EQ(reply.text, said);
            }
            CHECK_EQ(w.ask(who, "GET", at(*work, "files"), "", {.lease = with}).text, said);
        };
        all_denied(b, lease);
        all_denied(a, "");
        all_denied(a, lease + "0");
        CHECK_EQ(w.ask(a, "/attempts/77777/secrets", {}, {.lease = lease}).status, 404);
        CHECK_EQ(w.ask(a, "/attempts/77777/ready", {}, {.lease = lease}).text, said);
        // Nor does it learn of an action that was not ordered.
        CHECK_EQ(w.ask(a, at(*work, "secrets", 44), json::object(), {.lease = lease}).text, said);
        CHECK(w.orders(b).empty());
        w.pass(31s);
        all_denied(a, lease);
        const std::lock_guard lock(work->mutex);
        CHECK(work->at == agent::assignment::phase::lost);
        CHECK_EQ(work->why, "the agent a was lost: it has not been heard of for 30 seconds");
        CHECK(work->actions.at(action).at == phase::ordered);
    }

    TEST_CASE("an action: its secrets once it is decided, its output in order, its end once") {
        protocol_world w;
        const auto a = w.enroll("a");
        const auto work = w.work();
        const std::string lease = w.begin(a, *work);
        const std::int64_t action = w.exchange->order(*work, {{"label", "x"}}, "x");
        const agent_call h{.lease = lease};
        const auto output = [&](std::uint64_t offset, const std::string& text) {
            return w.ask(a, "POST", at(*work, "output", action) + "?offset=" + std::to_string(offset), text, h);
        };
        // Before it has been given anything it can't have printed.
        CHECK_EQ(output(0, "early").status, 409);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 0}}, h).status, 409);
        auto asked =
            std::async(std::launch::async, [&] { return w.ask(a, at(*work, "secrets", action), json::object(), h); });
        deliver(*work, action, "sealed bytes");
        CHECK_EQ(asked.get().body["sealed"], "c2VhbGVkIGJ5dGVz");
        // The answer may have been cut off.
        CHECK_EQ(w.ask(a, at(*work, "secrets", action), json::object(), h).status, 200);
        CHECK_EQ(w.ask(a, at(*work, "started", action), json::object(), h).status, 200);
        CHECK_EQ(w.ask(a, at(*work, "secrets", action), json::object(), h).status, 403);
        CHECK_EQ(output(0, "one\n").body["received"], 4);
        CHECK_EQ(output(0, "one\n").body["received"], 4);
        CHECK_EQ(output(2, "e\ntwo\n").body["received"], 8);
        CHECK_EQ(output(9, "forged").status, 409);
        CHECK_EQ(output(8, std::string(300 * 1024, 'x')).status, 413);
        CHECK_EQ(output(8, std::string(1100 * 1024, 'x')).status, 413);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 0}, {"output", 7}}, h).status, 409);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 300}, {"output", 8}}, h).status, 400);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 3}, {"output", 8}, {"exported", "bm8="}}, h).status,
                 400);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 3}, {"output", 8}}, h).status, 200);
        CHECK_EQ(w.ask(a, at(*work, "end", action), {{"number", 0}, {"output", 8}}, h).status, 200);
        CHECK_EQ(output(8, "late").status, 409);
        const std::lock_guard lock(work->mutex);
        const auto& one = work->actions.at(action);
        CHECK_EQ(one.output, "one\ntwo\n");
        CHECK((one.status == exec::exit_status{false, 3}));
    }

    TEST_CASE("a lease is renewed by who has it, and is given to another agent only where nothing can have started") {
        protocol_world w;
        const auto a = w.enroll("a");
        const auto b = w.enroll("b");
        const auto begun = w.work();
        const std::string lease = w.begin(a, *begun);
        const json mine = {{"leases", json::array({{{"work", begun->work.id}, {"fence", 1}}})}};
        w.pass(20s);
        CHECK_EQ(w.ask(b, "/heartbeat", mine).body["ended"], json({begun->work.id}));
        CHECK_EQ(w.ask(a, "/heartbeat", mine).body["ended"], json::array());
        w.pass(20s);
        CHECK_EQ(w.ask(a, at(*begun, "ready"), {{"workspace", "/w"}, {"caches", "/c"}, {"program", "/p"}},
                       {.lease = lease})
                     .status,
                 200);
        w.pass(11s);
        CHECK_EQ(w.ask(a, "/heartbeat", mine).body["ended"], json({begun->work.id}));
        // Nothing of it was ordered: it waits again, and the next has a fence of its own.
        json told = w.orders(b);
        REQUIRE_EQ(told.size(), 1);
        CHECK_EQ(told[0]["work"], begun->work.id);
        CHECK_EQ(told[0]["fence"], 2);
        CHECK_EQ(w.ask(a, at(*begun, "ready"), {{"workspace", "/x"}}, {.lease = lease}).status, 403);
        CHECK_EQ(w.ask(b, at(*begun, "ready"), {{"workspace", "/x"}}, {.lease = lease}).status, 403);
        w.exchange->release(begun);
        CHECK_EQ(w.orders(b, 1).back()["kind"], "release");
    }

    TEST_CASE("work goes to who can do it: pool or name, tags, processor, and not to who is to take no more") {
        protocol_world w;
        const auto plain = w.enroll("plain");
        const auto gpu = w.enroll("gpu1", {{"pool", "gpus"}, {"tags", {"cuda", "big"}}});
        const auto by_pool = w.work({.pool = "gpus"});
        const auto by_tags = w.work({.tags = {"big", "cuda"}});
        const auto by_cpu = w.work({.cpu = "ARM"});
        CHECK(w.orders(plain).empty());
        CHECK_EQ(w.orders(gpu).size(), 1);
        CHECK_EQ(w.orders(gpu).size(), 2);
        CHECK_EQ(w.orders(gpu).size(), 2);
        const auto by_name = w.work({.pool = "plain"});
        const std::string token = w.api->token(w.api->team.owner);
        const std::string drain = "/latchkey/v1/agents/" + std::to_string(plain.number) + "/drain";
        // Its work is of runs that the store does not know (any more).
        const auto drained = w.api->ask("POST", drain, token);
        CHECK_MESSAGE(drained.status == 200, drained.text);
        const auto all = w.api->ask("GET", "/latchkey/v1/agents", token);
        REQUIRE_MESSAGE(all.status == 200, all.text);
        for (const json& one : all.body["agents"]) {
            CHECK_EQ(one["busy"], one["name"] == "gpu1" ? 2 : 0);
            CHECK_EQ(one["running"], json::array());
        }
        CHECK(w.orders(plain).empty());
        CHECK_EQ(w.api->ask("POST", drain, token, {{"draining", false}}).status, 200);
        CHECK(w.orders(plain, 0, 0).empty());
        CHECK_EQ(w.orders(plain).size(), 1);
        for (const auto& each : {by_pool, by_tags, by_cpu, by_name}) w.exchange->release(each);
    }
}
