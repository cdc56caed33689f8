// SPDX-License-Identifier: Apache-2.0
//
// What a thread reads at one moment, while others write.
#include "tests/runner/store/either_store.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace latchkey;

TEST_SUITE("store.moment") {
    TEST_CASE(
        "others' writes are not seen until it ends, and wait for nobody, and what the thread writes begins another") {
        const test::temp_dir folder;
        auto all = test::open_stores(folder / "data");
        const auto now = policy::time_point(std::chrono::milliseconds(1'700'000'000'000));
        const auto note = [&] {
            REQUIRE(all.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, now).has_value());
        };
        const auto entries = [&] { return all.runs->head_of_audit().value().entries; };
        const auto elsewhere = [](const auto& work) { std::thread(work).join(); };

        const std::int64_t before = entries();
        auto moment = all.one_moment();
        CHECK_EQ(entries(), before);
        elsewhere(note);
        CHECK_EQ(entries(), before);
        std::int64_t seen = 0;
        elsewhere([&] { seen = entries(); });
        CHECK_EQ(seen, before + 1);

        note();
        CHECK_EQ(entries(), before + 2);
        elsewhere(note);
        CHECK_EQ(entries(), before + 2);
        {
            // One within another: of the same store the inner counts.
            auto inner = all.one_moment();
            CHECK_EQ(entries(), before + 3);
        }
        CHECK_EQ(entries(), before + 2);
        moment.reset();
        CHECK_EQ(entries(), before + 3);

        // Another store is another matter, and a failure ends nothing but itself.
        auto other = test::open_stores(folder / "other");
        moment = all.one_moment();
        CHECK_EQ(other.runs->head_of_audit().value().entries, 0);
        CHECK_FALSE(all.runs->integration(policy::integration_id(99)).has_value());
        CHECK_EQ(entries(), before + 3);
    }
}
