// SPDX-License-Identifier: Apache-2.0
#include "runner/server/retention.hpp"

#include "runner/run/executor_lock.hpp"
#include "runner/run/old_files.hpp"
#include "runner/source/filesystem.hpp"
#include "runner/store/sqlite_store.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const policy::time_point start{1'700'000'000'000ms};

struct world {
    test::temp_dir folder;
    std::unique_ptr<store::store> store = store::open_sqlite(folder / "data" / "store.db").value();
    std::filesystem::path runs = folder / "runs";
    policy::project_id project = store->project_at("/shop").value().id;

    policy::pipeline_id pipeline(const std::string& name) const {
        return store->add_pipelines(project, name + ".yml", std::vector{name}).value().front().id;
    }
    // A run with a log, which has ended then, or goes on.
    policy::run_id run(policy::pipeline_id p, std::optional<policy::time_point> ended) const {
        store::new_run wanted;
        wanted.pipeline = p;
        wanted.at = start;
        const auto made = store->create_run(wanted, "x").value();
        if (ended) end(made.id, *ended);
        std::filesystem::create_directories(runs / std::to_string(made.id.value()) / "1");
        test::write_file(log(made.id), "12345");
        return made.id;
    }
    void end(policy::run_id id, policy::time_point at) const {
        run::event e;
        e.sequence = 1;
        e.at = at;
        e.kind = run::event_kind::attempt_ended;
        e.status = run::status::successful;
        REQUIRE(store->append_events(id, 1, {&e, 1}).has_value());
    }
    std::filesystem::path log(policy::run_id id) const { return runs / std::to_string(id.value()) / "1" / "0.log"; }
    bool has(policy::run_id id) const { return std::filesystem::exists(log(id)); }
};

}  // namespace

TEST_SUITE("server.retention") {
    TEST_CASE("by age: what ended before is gone, to the millisecond, and nothing that goes on") {
        const world w;
        const auto p = w.pipeline("build");
        const auto old = w.run(p, start);
        const auto just = w.run(p, start + 1ms);
        const auto running = w.run(p, std::nullopt);
        const std::int64_t audited = w.store->head_of_audit().value().entries;
        const auto done = server::clear_old_logs(*w.store, w.runs, {.age = 24h, .newest = {}}, start + 24h).value();
        CHECK_EQ(done.runs, 1);
        CHECK_EQ(done.bytes, 5);
        CHECK_FALSE(w.has(old));
        CHECK(w.has(just));
        CHECK(w.has(running));
        // The run and its events are there as before, and the audit log.
        CHECK_EQ(w.store->events(old, 1, 0).value().size(), 1);
        CHECK_EQ(w.store->head_of_audit().value().entries, audited);
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = 24h, .newest = {}}, start + 24h).value().runs, 0);
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = 24h, .newest = {}}, start + 240h).value().runs, 1);
        CHECK(w.has(running));
    }

    TEST_CASE("by number: the newest of each pipeline stay, and with both, only what is beyond both goes") {
        const world w;
        const auto build = w.pipeline("build");
        const auto deploy = w.pipeline("deploy");
        const auto b1 = w.run(build, start);
        const auto d1 = w.run(deploy, start);
        const auto b2 = w.run(build, start);
        const auto b3 = w.run(build, start + 1h);
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = 24h, .newest = 2}, start + 1h).value().runs, 0);
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = {}, .newest = 2}, start + 1h).value().runs, 1);
        CHECK_FALSE(w.has(b1));
        for (const auto kept : {d1, b2, b3}) CHECK(w.has(kept));
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {}, start + 9999h).value().runs, 0);
    }

    TEST_CASE("what somebody executes, and what is no run's, is left alone") {
        const world w;
        const auto p = w.pipeline("build");
        const auto retried = w.run(p, start);
        test::write_file(w.runs / "notes", "mine");
        std::filesystem::create_directories(w.runs / "999");
        test::write_file(w.runs / "999" / "x", "mine");
        {
            const auto lock = run::executor_lock::take(w.runs / std::to_string(retried.value()), "mark");
            REQUIRE(lock.has_value());
            CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = 1s, .newest = {}}, start + 24h).value().runs,
                     0);
        }
        CHECK(w.has(retried));
        CHECK_EQ(server::clear_old_logs(*w.store, w.runs, {.age = 1s, .newest = {}}, start + 24h).value().runs, 1);
        CHECK(std::filesystem::exists(w.runs / "999" / "x"));
        CHECK(std::filesystem::exists(w.runs / "notes"));
        CHECK_EQ(server::clear_old_logs(*w.store, w.folder / "none", {.age = 1s, .newest = {}}, start).value().runs,
                 0);
    }

    TEST_CASE("files of pipelines: those that nothing has run in for long go, with their caches, and no others") {
        const world w;
        const auto old = w.pipeline("old");
        const auto busy = w.pipeline("busy");
        const auto held = w.pipeline("held");
        const auto fresh = w.pipeline("fresh");
        w.run(old, start + 1h);
        w.run(busy, start + 1h);
        w.run(busy, std::nullopt);
        w.run(held, start + 1h);
        w.run(fresh, start + 49h);
        const auto data = w.folder / "data";
        const auto file = [&](const char* room, policy::pipeline_id p, const std::string& spare = "") {
            return data / room / (std::to_string(p.value()) + spare) / "web" / "left.txt";
        };
        const policy::pipeline_id gone(4711);
        for (const auto p : {old, busy, held, fresh, gone})
            for (const char* room : {"filesystems", "caches"}) {
                std::filesystem::create_directories(file(room, p).parent_path());
                test::write_file(file(room, p), "x");
            }
        std::filesystem::create_directories(file("filesystems", old, ".1").parent_path());
        test::write_file(file("filesystems", old, ".1"), "x");
        std::filesystem::create_directories(data / "filesystems" / "notes");
        {
            const auto lock = source::filesystem::take(data, held.value(), "/repositories/web").value();
            CHECK_EQ(run::clear_old_files(*w.store, data, start + 48h).value().pipelines, 2);
        }
        for (const char* room : {"filesystems", "caches"}) {
            for (const auto p : {old, gone}) CHECK_FALSE(std::filesystem::exists(file(room, p)));
            for (const auto p : {busy, held, fresh}) CHECK(std::filesystem::exists(file(room, p)));
        }
        CHECK_FALSE(std::filesystem::exists(file("filesystems", old, ".1")));
        CHECK(std::filesystem::exists(data / "filesystems" / "notes"));
        CHECK_EQ(run::clear_old_files(*w.store, data, start + 48h).value().pipelines, 1);
        CHECK_FALSE(std::filesystem::exists(file("caches", held)));
        CHECK_EQ(run::clear_old_files(*w.store, data, start + 48h).value().pipelines, 0);
    }
}
