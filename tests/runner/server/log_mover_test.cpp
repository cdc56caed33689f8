// SPDX-License-Identifier: Apache-2.0
//
// Logs that move to an object store, with everything going wrong at every step: no byte is lost, and a log is at
// every moment where it is looked for.
#include "runner/server/log_mover.hpp"

#include "runner/log/log_writer.hpp"
#include "runner/objects/local_objects.hpp"
#include "runner/server/log_feed.hpp"
#include "runner/server/log_shelf.hpp"
#include "runner/server/retention.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/store/stores.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const policy::time_point start{1'700'000'000'000ms};

// Fails where it is told to, before it does anything or after.
class shaky_objects final : public objects::object_store {
public:
    explicit shaky_objects(std::unique_ptr<objects::object_store> over) : over_(std::move(over)) {}

    const std::string& place() const override { return over_->place(); }
    result<std::uint64_t> put(const std::string& key, const std::filesystem::path& file) override {
        ++puts;
        if (down) return failure(errc::io, "nobody answers");
        if (loses_answers) {
            (void)over_->put(key, file);
            return failure(errc::io, "the answer is lost");
        }
        return over_->put(key, file);
    }
    result<std::string> get(const std::string& key, std::uint64_t from, std::size_t most) override {
        ++gets;
        if (down) return failure(errc::io, "nobody answers");
        return over_->get(key, from, most);
    }
    result<void> remove(const std::string& key) override {
        if (down) return failure(errc::io, "nobody answers");
        return over_->remove(key);
    }
    result<std::vector<object>> list(const std::string& prefix, const std::string& after, std::size_t most) override {
        return over_->list(prefix, after, most);
    }

    std::atomic<bool> down{false};
    std::atomic<bool> loses_answers{false};
    std::atomic<int> puts{0};
    std::atomic<int> gets{0};

private:
    std::unique_ptr<objects::object_store> over_;
};

// The rows can't be written.
class shaky_rows final : public store::moved_logs {
public:
    explicit shaky_rows(store::moved_logs& over) : over_(over) {}
    result<void> note(const store::moved_log& log) override {
        if (down) return failure(errc::store, "the disk is full");
        return over_.note(log);
    }
    result<std::optional<store::moved_log>> find(policy::run_id run, int attempt, int action) override {
        return over_.find(run, attempt, action);
    }
    result<std::vector<store::moved_log>> of_run(policy::run_id run) override { return over_.of_run(run); }
    result<std::vector<policy::run_id>> runs(std::int64_t before, int most) override {
        return over_.runs(before, most);
    }
    result<void> forget(const store::moved_log& log) override { return over_.forget(log); }

    std::atomic<bool> down{false};

private:
    store::moved_logs& over_;
};

struct mover_world {
    test::temp_dir folder;
    store::stores all = store::open_sqlite_stores(folder / "data" / "store.db").value();
    std::filesystem::path runs = folder / "runs";
    shaky_objects objects{objects::open_local_objects(folder / "objects").value()};
    shaky_rows rows{*all.logs_elsewhere};
    policy::project_id project = all.runs->project_at("/shop").value().id;
    policy::pipeline_id pipeline =
        all.runs->add_pipelines(project, "build.yml", std::vector<std::string>{"build"}).value().front().id;
    server::log_places places{runs, rows, &objects};
    std::atomic<std::chrono::milliseconds> pause{1h};

    policy::run_id run() const {
        store::new_run wanted;
        wanted.pipeline = pipeline;
        wanted.at = start;
        return all.runs->create_run(wanted, "x").value().id;
    }
    void end(policy::run_id id) const {
        run::event e;
        e.sequence = 1;
        e.at = start;
        e.kind = run::event_kind::attempt_ended;
        e.status = run::status::successful;
        REQUIRE(all.runs->append_events(id, 1, {&e, 1}).has_value());
    }
    void write(const server::log_name& name, const std::string& text) const {
        std::filesystem::create_directories(places.file_of(name).parent_path());
        test::write_file(places.file_of(name), text);
    }
    bool is_here(const server::log_name& name) const { return std::filesystem::exists(places.file_of(name)); }
    std::string text(const server::log_name& name) const {
        auto reader = places.open(name);
        return reader ? reader->bytes(0, 1U << 20U).value() : "error: " + reader.error().what;
    }
    std::unique_ptr<server::log_mover> mover() {
        auto made = std::make_unique<server::log_mover>(
            *all.runs, rows, objects,
            server::log_mover::options{.runs_folder = runs, .pause = [this](int) { return pause.load(); }});
        made->begin();
        made->settle();
        return made;
    }
};

}  // namespace

TEST_SUITE("server.log_mover") {
    TEST_CASE("what has ended moves, what goes on stays, and both read the same") {
        mover_world w;
        const auto over = w.run();
        const auto on = w.run();
        w.end(over);
        w.write({over, 1, 0}, "one\ntwo\n");
        w.write({over, 1, 12}, "twelve\n");
        w.write({over, 2, 0}, "of an attempt that the store doesn't know\n");
        w.write({on, 1, 0}, "still\n");
        test::write_file(w.runs / std::to_string(over.value()) / "lock", "1");
        const auto mover = w.mover();
        CHECK_FALSE(w.is_here({over, 1, 0}));
        CHECK_FALSE(w.is_here({over, 1, 12}));
        CHECK_FALSE(std::filesystem::exists(w.runs / std::to_string(over.value()) / "1"));
        CHECK(std::filesystem::exists(w.runs / std::to_string(over.value()) / "lock"));
        CHECK(w.is_here({over, 2, 0}));
        CHECK(w.is_here({on, 1, 0}));
        CHECK_EQ(w.text({over, 1, 0}), "one\ntwo\n");
        CHECK_EQ(w.text({over, 1, 12}), "twelve\n");
        CHECK_EQ(w.text({on, 1, 0}), "still\n");
        const auto row = w.rows.find(over, 1, 12).value();
        REQUIRE(row.has_value());
        CHECK_EQ(row->place, w.objects.place());
        CHECK_EQ(row->object, server::object_key_of({over, 1, 12}));
        CHECK_EQ(row->size, 7);

        w.end(on);
        mover->look_at(on);
        mover->settle();
        CHECK_FALSE(w.is_here({on, 1, 0}));
        CHECK_EQ(w.text({on, 1, 0}), "still\n");
        CHECK_EQ(w.objects.puts, 3);
        CHECK(w.places.open({on, 1, 1}).error().code == errc::not_found);
    }

    TEST_CASE("by lines, by bytes, by search and as a stream, without asking for the same bytes again") {
        mover_world w;
        const auto id = w.run();
        w.end(id);
        std::string all;
        for (int i = 1; i <= 200'000; ++i) all += "line " + std::to_string(i) + "\n";
        w.write({id, 1, 0}, all);
        REQUIRE_GT(all.size(), 2U << 20U);
        const auto mover = w.mover();
        REQUIRE_FALSE(w.is_here({id, 1, 0}));
        auto reader = w.places.open({id, 1, 0}).value();
        CHECK_EQ(reader.size().value(), all.size());
        CHECK_EQ(w.objects.gets, 0);
        CHECK_EQ(reader.count_lines().value(), 200'000);
        CHECK_EQ(w.objects.gets, static_cast<int>((all.size() + (1U << 20U) - 1) >> 20U));
        CHECK_EQ(reader.lines(150'000, 2).value(), "line 150000\nline 150001\n");
        CHECK_EQ(reader.bytes(5, 3).value(), "1\nl");
        CHECK_EQ(reader.last_lines(2, 100).value(), "line 199999\nline 200000\n");
        const auto hits = reader.search("line 123456", false, 1, 10, std::chrono::steady_clock::now() + 1h).value();
        REQUIRE_EQ(hits.found.size(), 1);
        CHECK_EQ(hits.found[0].line, 123'456);
        server::log_feed feed(w.places, {id, 1, 0}, [] { return true; });
        std::uint64_t at = 0;
        int pieces = 0;
        for (;;) {
            const auto piece = feed.since(at).value();
            at = piece.next;
            if (piece.over) break;
            ++pieces;
        }
        CHECK_EQ(at, all.size());
        CHECK_GT(pieces, 30);
    }

    TEST_CASE("who reads a log while it moves reads on") {
        mover_world w;
        const auto id = w.run();
        w.write({id, 1, 0}, "one\ntwo\n");
        server::log_shelf shelf(w.places);
        const auto second = [&] {
            std::string line;
            REQUIRE(shelf
                        .with({id, 1, 0},
                              [&](log::log_reader& r) -> result<void> {
                                  line = r.lines(2, 1).value();
                                  return {};
                              })
                        .has_value());
            return line;
        };
        auto open = w.places.open({id, 1, 0}).value();
        server::log_feed feed(w.places, {id, 1, 0}, [] { return true; });
        CHECK_EQ(second(), "two\n");
        w.end(id);
        const auto mover = w.mover();
        REQUIRE_FALSE(w.is_here({id, 1, 0}));
        CHECK_EQ(second(), "two\n");
        CHECK_EQ(open.bytes(0, 100).value(), "one\ntwo\n");
        CHECK_EQ(feed.since(4)->next, 8);
        // And no more once it is removed there.
        REQUIRE(w.objects.remove(server::object_key_of({id, 1, 0})).has_value());
        REQUIRE(w.rows.forget({id, 1, 0, "", "", 0}).has_value());
        CHECK(shelf.with({id, 1, 0}, [](log::log_reader&) -> result<void> { return {}; }).error().code ==
              errc::not_found);
    }

    TEST_CASE("while nobody answers everything stays, and moves when somebody does") {
        mover_world w;
        w.objects.down = true;
        const auto id = w.run();
        const auto other = w.run();
        w.end(id);
        w.end(other);
        w.write({id, 1, 0}, "one\n");
        w.write({other, 1, 0}, "two\n");
        const auto mover = w.mover();
        CHECK_EQ(w.objects.puts, 1);  // the other would not fare better
        CHECK(w.is_here({id, 1, 0}));
        CHECK(w.is_here({other, 1, 0}));
        CHECK_EQ(w.text({id, 1, 0}), "one\n");
        CHECK_FALSE(w.rows.find(id, 1, 0).value().has_value());
        w.objects.down = false;
        mover->look_at_all();
        mover->settle();
        CHECK_FALSE(w.is_here({id, 1, 0}));
        CHECK_FALSE(w.is_here({other, 1, 0}));
        CHECK_EQ(w.text({id, 1, 0}), "one\n");
        CHECK_EQ(w.text({other, 1, 0}), "two\n");
    }

    TEST_CASE("it tries again by itself") {
        mover_world w;
        w.pause = 1ms;
        w.objects.down = true;
        const auto id = w.run();
        w.end(id);
        w.write({id, 1, 0}, "one\n");
        const auto mover = w.mover();
        while (w.objects.puts < 3) std::this_thread::yield();
        CHECK(w.is_here({id, 1, 0}));
        w.objects.down = false;
        while (w.is_here({id, 1, 0})) std::this_thread::yield();
        CHECK_EQ(w.text({id, 1, 0}), "one\n");
    }

    TEST_CASE("cut after the object, after the row, before the file goes: the next server ends it") {
        mover_world w;
        const auto id = w.run();
        w.end(id);
        w.write({id, 1, 0}, "one\ntwo\n");
        SUBCASE("the object is there, and nobody knows") {
            w.objects.loses_answers = true;
            w.mover();
            CHECK_EQ(w.objects.list("logs/", "", 10).value().size(), 1);
            w.objects.loses_answers = false;
        }
        SUBCASE("the row can't be written") {
            w.rows.down = true;
            w.mover();
            CHECK_EQ(w.objects.list("logs/", "", 10).value().size(), 1);
            w.rows.down = false;
        }
        SUBCASE("the file has not gone yet") {
            w.mover();
            REQUIRE_FALSE(w.is_here({id, 1, 0}));
            w.write({id, 1, 0}, "one\ntwo\n");
            CHECK_EQ(w.text({id, 1, 0}), "one\ntwo\n");
            const int puts = w.objects.puts;
            w.mover();
            CHECK_EQ(w.objects.puts, puts);  // it is there: no need to send it again
        }
        SUBCASE("a part had been sent when the file was shorter") {
            w.write({id, 1, 0}, "one\n");
            w.mover();
            REQUIRE_EQ(w.rows.find(id, 1, 0).value()->size, 4);
            w.write({id, 1, 0}, "one\ntwo\n");
        }
        w.mover();
        CHECK_FALSE(w.is_here({id, 1, 0}));
        CHECK_EQ(w.text({id, 1, 0}), "one\ntwo\n");
        CHECK_EQ(w.rows.of_run(id).value().size(), 1);
    }

    TEST_CASE("a shorter log in the place of one that was moved replaces nothing") {
        mover_world w;
        const auto id = w.run();
        w.end(id);
        w.write({id, 1, 0}, "one\ntwo\n");
        w.mover();
        w.write({id, 1, 0}, "late\n");
        w.mover();
        CHECK(w.is_here({id, 1, 0}));
        CHECK_EQ(w.objects.get(server::object_key_of({id, 1, 0}), 0, 100).value(), "one\ntwo\n");
    }

    TEST_CASE("links, folders and other files are none of its own") {
        mover_world w;
        const auto id = w.run();
        w.end(id);
        const auto folder = w.runs / std::to_string(id.value()) / "1";
        std::filesystem::create_directories(folder / "1.log");
        test::write_file(w.folder / "secret", "x");
        std::filesystem::create_symlink(w.folder / "secret", folder / "0.log");
        test::write_file(folder / "02.log", "x");
        test::write_file(folder / "notes.txt", "x");
        w.mover();
        CHECK_EQ(w.objects.puts, 0);
        CHECK(std::filesystem::exists(folder / "notes.txt"));
    }

    TEST_CASE("a server without that place says where the log is, and never that there is none") {
        mover_world w;
        const auto id = w.run();
        w.end(id);
        w.write({id, 1, 0}, "one\n");
        w.mover();
        const server::log_places without(w.runs, *w.all.logs_elsewhere, nullptr);
        const auto refused = without.open({id, 1, 0});
        CHECK(refused.error().code == errc::io);
        CHECK_MESSAGE(refused.error().what.find(w.objects.place()) != std::string::npos, refused.error().what);
        CHECK(without.read({id, 1, 0}, 0, 10, true).has_error());
        const auto elsewhere = objects::open_local_objects(w.folder / "others").value();
        CHECK(server::log_places(w.runs, *w.all.logs_elsewhere, elsewhere.get()).open({id, 1, 0}).has_error());
        w.objects.down = true;
        CHECK(w.places.open({id, 1, 0})->bytes(0, 1).error().code == errc::io);
        CHECK(w.places.read({id, 1, 0}, 0, 1, true).error().code == errc::io);
    }

    TEST_CASE("retention removes them there, and says so where it can't") {
        mover_world w;
        const auto still_here = w.run();
        const auto old = w.run();
        const auto newer = w.run();
        w.write({still_here, 1, 0}, "1");
        for (const auto id : {old, newer}) {
            w.end(id);
            w.write({id, 1, 0}, "12345");
            w.write({id, 1, 1}, "1234567");
        }
        w.mover();
        const server::elsewhere moved{&w.rows, &w.objects};
        const auto clear = [&](const server::elsewhere& there) {
            return server::clear_old_logs(*w.all.runs, w.runs, {.age = {}, .newest = 1}, start + 1h, there);
        };
        w.end(still_here);
        CHECK(clear({&w.rows, nullptr}).error().code == errc::refused);
        CHECK_FALSE(w.is_here({still_here, 1, 0}));  // which is none of that place's
        w.objects.down = true;
        CHECK(clear(moved).has_error());
        CHECK_EQ(w.rows.of_run(old).value().size(), 2);
        w.objects.down = false;
        const auto done = clear(moved).value();
        CHECK_EQ(done.runs, 1);
        CHECK_EQ(done.bytes, 12);
        CHECK(w.rows.of_run(old).value().empty());
        CHECK(w.places.open({old, 1, 0}).error().code == errc::not_found);
        CHECK_EQ(w.text({newer, 1, 1}), "1234567");
        CHECK_EQ(w.objects.list("", "", 10).value().size(), 2);
        CHECK_EQ(clear(moved).value().runs, 0);
    }
}
