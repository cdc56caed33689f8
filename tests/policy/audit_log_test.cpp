// SPDX-License-Identifier: Apache-2.0
#include "policy/audit_log.hpp"

#include "policy/explain.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace latchkey::policy;

namespace {

std::vector<audit_entry> chain(int length) {
    std::vector<audit_entry> all;
    chain_hash head{};
    for (int i = 1; i <= length; ++i) {
        audit_entry e;
        e.sequence = i;
        e.at = time_point(std::chrono::milliseconds(1000 * i));
        e.kind = static_cast<audit_kind>(i % 3);
        e.actor = user_id(i % 2);
        e.revision = revision(i);
        e.facts = {{"integration", std::to_string(i)}, {"pipeline", "deploy"}};
        e.hash = hash_of(head, e);
        head = e.hash;
        all.push_back(e);
    }
    return all;
}

std::int64_t first_broken(const std::vector<audit_entry>& all) {
    chain_verifier v;
    for (const audit_entry& e : all) v.feed(e);
    return v.first_broken();
}

}  // namespace

TEST_SUITE("policy.audit_log") {
    TEST_CASE("verified: an untouched chain, from nothing on") {
        CHECK_EQ(first_broken({}), 0);
        chain_verifier v;
        for (const audit_entry& e : chain(10)) CHECK(v.feed(e));
        CHECK_EQ(v.verified(), 10);
        CHECK(v.head() == chain(10).back().hash);
        CHECK_EQ(to_hex(v.head()).size(), 64);
        CHECK_EQ(to_hex(chain_hash{0x0f, 0xa0}).substr(0, 6), "0fa000");
    }

    TEST_CASE("named: the first entry in which any field was touched") {
        const std::vector<audit_entry> good = chain(6);
        const auto touched = [&](auto change) {
            std::vector<audit_entry> all = good;
            change(all[2]);
            return first_broken(all);
        };
        CHECK_EQ(touched([](audit_entry& e) { e.sequence = 4; }), 3);
        CHECK_EQ(touched([](audit_entry& e) { e.at += std::chrono::milliseconds(1); }), 3);
        CHECK_EQ(touched([](audit_entry& e) { e.kind = audit_kind::login; }), 3);
        CHECK_EQ(touched([](audit_entry& e) { e.actor = user_id(9); }), 3);
        CHECK_EQ(touched([](audit_entry& e) { e.revision = revision(9); }), 3);
        CHECK_EQ(touched([](audit_entry& e) { e.facts.pop_back(); }), 3);
        CHECK_EQ(touched([](audit_entry& e) { std::swap(e.facts[0], e.facts[1]); }), 3);
        for (std::size_t i = 0; i < 32; ++i) CHECK_EQ(touched([i](audit_entry& e) { e.hash[i] ^= 1U; }), 3);
        for (std::size_t f = 0; f < 2; ++f) {
            for (std::size_t i = 0; i < good[2].facts[f].first.size(); ++i)
                CHECK_EQ(touched([=](audit_entry& e) {
                             e.facts[f].first[i] = static_cast<char>(e.facts[f].first[i] ^ 1);
                         }),
                         3);
            for (std::size_t i = 0; i < good[2].facts[f].second.size(); ++i)
                CHECK_EQ(touched([=](audit_entry& e) {
                             e.facts[f].second[i] = static_cast<char>(e.facts[f].second[i] ^ 1);
                         }),
                         3);
        }
    }

    TEST_CASE("named: an entry that was dropped, doubled, moved or put in") {
        std::vector<audit_entry> all = chain(6);
        all.erase(all.begin() + 3);
        CHECK_EQ(first_broken(all), 4);
        all = chain(6);
        all.insert(all.begin() + 2, all[1]);
        CHECK_EQ(first_broken(all), 3);
        all = chain(6);
        std::swap(all[4], all[5]);
        CHECK_EQ(first_broken(all), 5);
        // Written again from there, with its own hash right: the next one gives it away.
        all = chain(6);
        all[2].actor = user_id(9);
        all[2].hash = hash_of(all[1].hash, all[2]);
        CHECK_EQ(first_broken(all), 4);
        chain_verifier v;
        CHECK_FALSE(v.feed(chain(2)[1]));
        CHECK_FALSE(v.feed(chain(1)[0]));  // once broken, broken
        CHECK_EQ(v.first_broken(), 1);
    }

    TEST_CASE("unambiguous: entries that could be mistaken for one another have other bytes") {
        audit_entry a = chain(1)[0];
        audit_entry b = a;
        a.facts = {{"ab", "c"}};
        b.facts = {{"a", "bc"}};
        CHECK_NE(canonical_bytes(a), canonical_bytes(b));
        b.facts = {{"ab", ""}, {"c", ""}};
        CHECK_NE(canonical_bytes(a), canonical_bytes(b));
    }

    TEST_CASE("named kinds: each has one name, and is found by it") {
        std::set<std::string_view> names;
        for (int i = 0; i <= static_cast<int>(audit_kind::pipeline_retired); ++i) {
            const auto kind = static_cast<audit_kind>(i);
            names.insert(to_string(kind));
            CHECK(audit_kind_from(to_string(kind)) == kind);
        }
        CHECK_EQ(names.size(), static_cast<std::size_t>(audit_kind::pipeline_retired) + 1);
        CHECK_FALSE(audit_kind_from("nothing").has_value());
        CHECK_EQ(to_string(static_cast<audit_kind>(99)), "unknown");
    }

    TEST_CASE("times: in UTC, with milliseconds only where there are any") {
        CHECK_EQ(format_utc(time_point(std::chrono::seconds(0))), "1970-01-01T00:00:00Z");
        CHECK_EQ(format_utc(time_point(std::chrono::milliseconds(1795428000123))), "2026-11-23T10:00:00.123Z");
    }
}
