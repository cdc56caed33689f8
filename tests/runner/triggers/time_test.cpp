// SPDX-License-Identifier: Apache-2.0
//
// One-time passwords against the RFC's own, tokens of addresses, and the scheduler with a clock of the test's.
#include "runner/triggers/scheduler.hpp"
#include "runner/triggers/totp.hpp"
#include "runner/vault/token.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace latchkey;
using namespace latchkey::triggers;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view rfc_key = "12345678901234567890";
constexpr const char* rfc_key_base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

std::chrono::sys_seconds at(std::int64_t t) {
    return std::chrono::sys_seconds(std::chrono::seconds(t));
}

pipelines::schedule hourly() {
    pipelines::event e;
    e.cron = "0 * * * *";
    return *pipelines::read_schedule(e).value;
}

pipelines::schedule every(int minutes, const std::string& from) {
    pipelines::event e;
    e.start_date = from;
    e.delay = minutes;
    return *pipelines::read_schedule(e).value;
}

// Schedules as a store keeps them, and a clock.
struct world {
    std::map<std::string, planned> plans;
    std::vector<std::string> started;
    std::string broken;                                // the key of one that can't be started
    std::string taken;                                 // … and of one that another server has started
    std::chrono::sys_seconds now = at(1'750'000'000);  // 15:06:40
    scheduler s{[this]() -> result<std::vector<planned>> {
                    std::vector<planned> all;
                    for (const auto& [key, p] : plans) all.push_back(p);
                    return all;
                },
                [this](const due_start& d, std::chrono::sys_seconds when) -> result<void> {
                    if (d.key == broken) return failure(errc::store, "the store is full");
                    plans[d.key].seen = when;
                    if (d.key == taken) return failure(errc::conflict, "another server was first");
                    started.push_back(d.key + " " + std::to_string(d.times));
                    return {};
                },
                [this] { return now; }};
    void plan(const std::string& key, pipelines::schedule when) { plans[key] = {key, std::move(when), now}; }
};

}  // namespace

TEST_SUITE("triggers.time") {
    TEST_CASE("one-time passwords: those of RFC 6238, six figures of them") {
        struct row {
            std::int64_t time;
            const char* code;
        };
        for (const row& r : {row{59, "287082"}, row{1111111109, "081804"}, row{1111111111, "050471"},
                             row{1234567890, "005924"}, row{2000000000, "279037"}, row{20000000000, "353130"}}) {
            CHECK_EQ(totp_code(rfc_key, r.time / 30), r.code);
            const auto taken = check_totp(vault::secret(rfc_key_base32), r.code, at(r.time), 0);
            REQUIRE(taken.has_value());
            CHECK_EQ(*taken, r.time / 30);
        }
    }

    TEST_CASE("one-time passwords: one step either way, none twice, and no other") {
        const vault::secret key{std::string(rfc_key_base32)};
        const std::int64_t step = 1'750'000'000 / 30;
        const auto check = [&](std::int64_t of, std::int64_t last) {
            return check_totp(key, totp_code(rfc_key, of), at(step * 30 + 5), last);
        };
        for (const std::int64_t of : {step - 1, step, step + 1}) CHECK_EQ(*check(of, 0), of);
        for (const std::int64_t of : {step - 2, step + 2, std::int64_t{0}}) {
            REQUIRE(check(of, 0).has_error());
            CHECK_EQ(check(of, 0).error().what, "the one-time password is wrong, or its time has passed");
        }
        CHECK_EQ(check(step, step).error().what,
                 "the one-time password has been used already: wait for the next one");
        CHECK(check(step - 1, step).has_error());  // an older one, after a newer
        CHECK(check(step + 1, step).has_value());
        for (const char* code : {"", "1", "28708", "2870820", " 287082", "abcdef"})
            CHECK(check_totp(key, code, at(59), 0).error().code == errc::denied);
        for (const char* none : {"", "GEZDGNBV", "0189", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ!"})
            CHECK(check_totp(vault::secret(none), "287082", at(59), 0).error().code == errc::refused);
        CHECK(check_totp(vault::secret("gezd gnbv gy3t qojq gezd gnbv gy3t qojq"), "287082", at(59), 0).has_value());
    }

    TEST_CASE("a new secret: random, as authenticators take it") {
        const vault::secret one = new_totp_secret();
        const vault::secret two = new_totp_secret();
        CHECK_EQ(one.size(), 32);
        CHECK_NE(one.reveal(), two.reveal());
        CHECK_EQ(one.reveal().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string_view::npos);
        CHECK_EQ(totp_address(vault::secret("ABC"), "acme/web deploy").reveal(),
                 "otpauth://totp/"
                 "Latchkey:acme%2Fweb%20deploy?secret=ABC&issuer=Latchkey&algorithm=SHA1&digits=6&period=30");
    }

    TEST_CASE("a hook's token: known by its hash") {
        const std::string token = vault::new_token();
        const std::string hash = vault::hash_of_token(token);
        CHECK(opens(hash, token));
        CHECK_FALSE(opens(hash, token + "x"));
        CHECK_FALSE(opens(hash, hash));
        CHECK_FALSE(opens(hash, ""));
        CHECK_FALSE(opens("", ""));
        CHECK_FALSE(opens("", token));
    }

    TEST_CASE("the scheduler: starts what is due, once, and says when to look again") {
        world w;
        w.plan("hourly", hourly());
        w.plan("often", every(7, "2025-06-15T15:00:00Z"));
        auto next = w.s.look();
        CHECK(w.started.empty());
        CHECK(next.look_again == at(1'750'000'020));  // 15:07:00
        w.now = next.look_again - 1s;
        w.s.look();
        CHECK(w.started.empty());
        w.now += 1s;
        next = w.s.look();
        CHECK(w.started == std::vector<std::string>{"often 1"});
        CHECK(next.look_again == w.now + 7min);
        w.s.look();
        CHECK_EQ(w.started.size(), 1);
        w.now = at(1'750'000'000) + 3h;
        w.s.look();
        CHECK(w.started == std::vector<std::string>{"often 1", "hourly 3", "often 25"});
    }

    TEST_CASE("the scheduler: after a stop, one run for all that passed, and none for what is a day old") {
        world w;
        w.plan("hourly", hourly());
        w.plan("once", every(0, "2025-06-15T16:00:00Z"));
        w.now += 72h;
        const auto next = w.s.look();
        CHECK(w.started == std::vector<std::string>{"hourly 24"});
        CHECK(next.look_again == at(1'750'000'000 + 72 * 3600 + 3200));
    }

    TEST_CASE(
        "the scheduler: what fails stays due, what another server has started is done, and nothing stops the rest") {
        world w;
        for (const char* key : {"a", "b", "c"}) w.plan(key, hourly());
        w.broken = "a";
        w.taken = "b";
        w.now += 1h;
        auto next = w.s.look();
        CHECK(next.failed == std::vector<std::string>{"a: the store is full"});
        CHECK(next.look_again == w.now + 60s);
        CHECK(w.started == std::vector<std::string>{"c 1"});
        w.broken.clear();
        w.now = next.look_again;
        next = w.s.look();
        CHECK(next.failed.empty());
        CHECK(w.started == std::vector<std::string>{"c 1", "a 1"});
        scheduler blind([]() -> result<std::vector<planned>> { return failure(errc::store, "no store"); },
                        [](const due_start&, std::chrono::sys_seconds) -> result<void> { return {}; },
                        [&] { return w.now; });
        CHECK(blind.look().failed == std::vector<std::string>{"no store"});
        CHECK(blind.look().look_again == w.now + 60s);
        w.plans.clear();
        CHECK(w.s.look().look_again == w.now + 1h);
    }
}
