// SPDX-License-Identifier: Apache-2.0
// Live views: what is streamed is what is stored, from anywhere on, while it happens and afterwards.
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

struct told {
    std::string id, event;
    json data;
};

std::vector<told> events_in(const std::string& stream) {
    std::vector<told> all;
    told now;
    std::istringstream lines(stream);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("id: ")) now.id = line.substr(4);
        if (line.starts_with("event: ")) now.event = line.substr(7);
        if (line.starts_with("data: ")) now.data = json::parse(line.substr(6));
        if (line.empty() && !now.event.empty()) {
            all.push_back(std::move(now));
            now = {};
        }
    }
    return all;
}

std::string build(const std::string& name, const std::string& command) {
    return "    - {action: " + name + ", type: BUILD, execute_commands: ['" + command + "']}\n";
}

std::string printed(const std::vector<told>& events) {
    std::string text;
    for (const told& e : events)
        if (e.event == "log") text += e.data["text"].get<std::string>();
    return text;
}

}  // namespace

TEST_SUITE("server.live") {
    TEST_CASE("a stream that is opened before the run begins has all of it, and ends with it") {
        run_world w;
        const auto p =
            w.pipeline("gate", "    - {action: Approve, type: WAIT_FOR_APPLY}\n" + build("Do", "echo done"));
        const auto at = w.start(p, w.developer);
        auto stream = std::async(std::launch::async, [&] { return w.events(at, w.developer); });
        w.when(at, w.developer, "WAITING_FOR_APPLY");
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY"}}).status, 200);
        const auto all = events_in(stream.get());
        std::vector<std::string> kinds;
        for (const told& e : all) kinds.push_back(e.event);
        CHECK_EQ(kinds, std::vector<std::string>{"attempt_created", "attempt_started", "action_started", "waiting",
                                                 "answered", "action_ended", "action_started", "action_ended",
                                                 "attempt_ended", "end"});
        CHECK_EQ(all[0].id, "1.1");
        CHECK_EQ(all[0].data["status"], "ENQUEUED");
        CHECK_EQ(all[8].data["status"], "SUCCESSFUL");

        // Cut off anywhere, it goes on from there: nothing is lost, nothing comes twice.
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
            const auto rest = events_in(w.events(at, w.developer, all[i].id));
            REQUIRE_EQ(rest.size(), all.size() - i - 1);
            if (rest.size() > 1) CHECK_EQ(rest[0].id, all[i + 1].id);
        }
    }

    TEST_CASE("a log is streamed while it grows, by lines, and resumed at any byte") {
        run_world w;
        const auto p = w.pipeline(
            "talk",
            build("Talk",
                  "echo one; echo two; until test -e /nothing || test -e go; do sleep 0.01; done; printf three"));
        const auto at = w.start(p, w.developer);
        const auto e = w.when(at, w.developer, "INPROGRESS");
        std::string id;
        while (id.empty()) {
            const auto now = w.ask("GET", at, w.developer).body["action_executions"][0];
            if (now["status"] == "INPROGRESS") id = now["action_execution_id"];
        }
        auto stream = std::async(std::launch::async, [&] {
            return w.ask("GET", own(at) + "/action_executions/" + id + "/log", w.developer).text;
        });
        const auto folder = w.folder() / "data" / "filesystems" / p.substr(p.rfind('/') + 1) / "web";
        // It has printed, and nobody has seen the end.
        while (w.ask("GET", at + "/action_executions/" + id + "/logs", w.developer).body["element_count"] != 2) {
        }
        std::filesystem::create_directory(folder / "go");
        const auto all = events_in(stream.get());
        CHECK_EQ(printed(all), "one\ntwo\nthree");
        CHECK_EQ(all.back().event, "end");
        const auto rest = w.ask("GET", own(at) + "/action_executions/" + id + "/log?after=4", w.developer);
        CHECK_EQ(printed(events_in(rest.text)), "two\nthree");
        CHECK_EQ(w.ask("GET", own(at) + "/action_executions/" + std::string(24, '0') + "/log", w.developer).status,
                 404);
    }

    TEST_CASE("streams end when the server does") {
        std::future<std::string> stream;
        {
            run_world w;
            const auto p = w.pipeline("wait", "    - {action: Approve, type: WAIT_FOR_APPLY}\n");
            const auto at = w.start(p, w.developer);
            w.when(at, w.developer, "WAITING_FOR_APPLY");
            stream = std::async(std::launch::async,
                                [&w, at] { return w.ask("GET", own(at) + "/events?follow=1", w.developer).text; });
            while (w.executor().hub().listening() == 0) std::this_thread::yield();
            w.executor().stop(std::chrono::milliseconds(0));
            CHECK(stream.get().starts_with(": the events of an execution\n"));
        }
    }
}
