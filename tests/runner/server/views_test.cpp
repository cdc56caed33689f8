// SPDX-License-Identifier: Apache-2.0
// What people look at all day: lists of runs that are narrowed, read on and live, large logs, what waits for them,
// and requests for permissions. Each judged for who looks, also while they look.
#include "runner/log/log_writer.hpp"
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <future>
#include <set>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr const char* acme = "/latchkey/v1/workspaces/acme";
const std::string fine = "    - {action: A, type: BUILD, execute_commands: ['true']}\n";
const std::string failing = "    - {action: A, type: BUILD, execute_commands: ['false']}\n";
const std::string uses = "    - {action: Use, type: GIT_HUB_CLI, integration: gh_prod, execute_commands: ['true']}\n";

std::string add_gh(run_world& w, const json& permissions = nullptr, bool all = false) {
    json body = {{"name", "Forge"},      {"identifier", "gh_prod"}, {"type", "GIT_HUB"},
                 {"scope", "WORKSPACE"}, {"token", "planted"},      {"all_pipelines_allowed", all}};
    if (!permissions.is_null()) body["permissions"] = permissions;
    const auto made = w.ask("POST", "/workspaces/acme/integrations", w.admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return made.body["hash_id"];
}

json rows(const char* others, const json& users = json::array()) {
    return {{"admins", "MANAGE"}, {"others", others}, {"users", users}, {"groups", json::array()}};
}

std::string last_part(const std::string& address) {
    return address.substr(address.rfind('/') + 1);
}

std::vector<std::int64_t> numbers(const json& list) {
    std::vector<std::int64_t> all;
    for (const json& e : list["executions"]) all.push_back(e["id"]);
    return all;
}

json get(run_world& w, const std::string& at, const std::string& token) {
    const auto reply = w.ask("GET", at, token);
    REQUIRE_MESSAGE(reply.status == 200, reply.text);
    return reply.body;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
}

}  // namespace

TEST_SUITE("server.views") {
    TEST_CASE("runs are listed by workspace, project and pipeline, narrowed, and read on to the end") {
        run_world w;
        add_gh(w);
        const auto good = w.pipeline("good", fine);
        const auto bad = w.pipeline("bad", failing);
        const auto lacking = w.pipeline("lacking", uses);
        for (const std::string& p : {good, bad, lacking, good}) w.ended(w.start(p, w.developer), w.admin);
        w.ended(w.start(good, w.admin, {{"branch", {{"name", "side"}}}}), w.admin);
        const json all = get(w, std::string(acme) + "/executions", w.viewer);
        CHECK_EQ(numbers(all), std::vector<std::int64_t>{5, 4, 3, 2, 1});
        CHECK(all["next"].is_null());
        const json& denied = all["executions"][2];
        CHECK_EQ(denied["reason"], "MISSING_PERMISSIONS");
        CHECK_EQ(denied["pipeline"]["name"], "lacking");
        CHECK_EQ(denied["project"]["name"], "web");
        CHECK_EQ(denied["attempts"], 1);
        CHECK_EQ(denied["actor"]["id"], w.team.developer.value());
        CHECK_EQ(all["executions"][3]["reason"], "ACTION_FAILED");
        CHECK(all["executions"][4]["reason"].is_null());
        CHECK(all["executions"][4]["duration"].is_number());
        CHECK_EQ(all["executions"][0]["ref"],
                 json{{"type", "branch"}, {"name", "side"}, {"full", "refs/heads/side"}});
        const auto of = [&](const std::string& at) { return numbers(get(w, acme + at, w.viewer)); };
        using list = std::vector<std::int64_t>;
        CHECK_EQ(of("/executions?status=FAILED"), list{3, 2});
        CHECK_EQ(of("/executions?status=FAILED&reason=MISSING_PERMISSIONS"), list{3});
        CHECK_EQ(of("/executions?pipeline=" + last_part(good)), list{5, 4, 1});
        CHECK_EQ(of("/executions?ref=side"), list{5});
        CHECK_EQ(of("/executions?actor=" + std::to_string(w.team.admin.value())), list{5});
        CHECK_EQ(of("/executions?project=web&status=SUCCESSFUL"), list{5, 4, 1});
        CHECK_EQ(of("/executions?project=nothing"), list{});
        CHECK_EQ(of("/projects/web/executions?status=FAILED"), list{3, 2});
        CHECK_EQ(of("/projects/web/pipelines/" + last_part(good) + "/executions"), list{5, 4, 1});
        CHECK_EQ(of("/projects/web/executions?per_page=2&page=2"), list{3, 2});
        // Piece by piece it is the same.
        list pieces;
        json next = "";
        do {
            const std::string before = next.is_number() ? std::to_string(next.get<std::int64_t>()) : "";
            const json page = get(w, acme + ("/executions?limit=2&before=" + before), w.viewer);
            for (const auto n : numbers(page)) pieces.push_back(n);
            next = page["next"];
        } while (!next.is_null());
        CHECK_EQ(pieces, list{5, 4, 3, 2, 1});
        // Numbers may be larger than any that there is.
        CHECK_EQ(of("/executions?before=9999999999"), list{5, 4, 3, 2, 1});
        CHECK_EQ(of("/executions?actor=9999999999"), list{});
        CHECK_EQ(w.ask("GET", acme + std::string("/access_requests?before=9999999999"), w.viewer).status, 200);
        // Who may not read the pipelines finds nothing.
        CHECK_EQ(numbers(get(w, std::string(acme) + "/executions", w.token(w.team.outsider))), list{});
        for (const char* wrong : {"status=NO", "limit=0", "before=x", "reason=BECAUSE", "actor=-1"})
            CHECK_EQ(w.ask("GET", acme + std::string("/executions?") + wrong, w.viewer).status, 400);
    }

    TEST_CASE("a page by number is bounded, and a project that is hidden is as one that is not there") {
        run_world w;
        const auto good = w.pipeline("good", fine);
        w.ended(w.start(good, w.developer), w.admin);
        for (const char* far : {"page=1000000&per_page=1000", "page=251&per_page=20", "page=6&per_page=1000"}) {
            const auto no = w.ask("GET", acme + std::string("/executions?") + far, w.viewer);
            CHECK_EQ(no.status, 400);
            CHECK_NE(no.text.find("`before`"), std::string::npos);
        }
        CHECK_EQ(w.ask("GET", acme + std::string("/executions?page=250&per_page=20"), w.viewer).status, 200);
        const std::string outsider = w.token(w.team.outsider);
        const auto named = [&](const std::string& name, const std::string& token) {
            return w.ask("GET", acme + ("/executions?" + name), token).text;
        };
        CHECK_EQ(named("project=web", outsider), named("project=nothing", outsider));
        CHECK_EQ(named("pipeline=" + last_part(good), outsider), named("pipeline=999999", outsider));
        CHECK_NE(named("project=web", w.viewer), named("project=nothing", w.viewer));
        CHECK_GT(get(w, acme + std::string("/executions?project=nothing"), outsider)["as_of"], 0);
        // Without a role in the project, of one of its pipelines.
        REQUIRE_EQ(
            w.ask("PATCH", good, w.admin,
                  {{"permissions",
                    {{"others", "DENIED"},
                     {"users", json::array({{{"id", w.team.outsider.value()}, {"access_level", "READ_ONLY"}}})}}}})
                .status,
            200);
        CHECK_EQ(numbers(get(w, acme + std::string("/executions?project=web"), outsider)),
                 std::vector<std::int64_t>{1});
    }

    TEST_CASE("a list is live from where it was read, resumed, and shows nobody what they may not read") {
        run_world w;
        const auto p = w.pipeline("gate", "    - {action: Approve, type: WAIT_FOR_APPLY}\n");
        const json before = get(w, std::string(acme) + "/executions", w.viewer);
        const std::string as_of = std::to_string(before["as_of"].get<std::int64_t>());
        const auto at = w.start(p, w.developer);
        w.when(at, w.developer, "WAITING_FOR_APPLY");
        const std::string from = acme + ("/events?follow=0&after=" + as_of);
        const auto told = w.ask("GET", from, w.viewer);
        CHECK_EQ(told.headers.at("content-type"), "text/event-stream; charset=utf-8");
        CHECK_EQ(count(told.text, "event: run\n"), 1);
        CHECK_EQ(count(told.text, "event: waiting\n"), 1);
        CHECK_NE(told.text.find("\"WAITING_FOR_APPLY\""), std::string::npos);
        const std::size_t id = told.text.find("id: ") + 4;
        const std::string last = told.text.substr(id, told.text.find('\n', id) - id);
        CHECK_EQ(count(w.ask("GET", acme + ("/events?follow=0&after=" + last), w.viewer).text, "event: run"), 0);
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY"}}).status, 200);
        w.ended(at, w.developer);
        const auto rest = w.ask("GET", acme + ("/projects/web/events?follow=0&after=" + last), w.viewer);
        CHECK_NE(rest.text.find("\"SUCCESSFUL\""), std::string::npos);
        CHECK_EQ(count(w.ask("GET", from, w.token(w.team.outsider)).text, "event: run"), 0);
        CHECK_EQ(w.ask("GET", acme + std::string("/projects/web/events"), w.token(w.team.outsider)).status, 404);
    }

    TEST_CASE("a right that is taken away ends the views that are open") {
        run_world w;
        const auto p = w.pipeline("gate", "    - {action: Approve, type: WAIT_FOR_APPLY}\n");
        const auto at = w.start(p, w.developer);
        w.when(at, w.developer, "WAITING_FOR_APPLY");
        const auto watch = [&w](std::string address, std::string token) {
            return std::async(std::launch::async, [&w, address = std::move(address), token = std::move(token)] {
                return w.ask("GET", address, token).text;
            });
        };
        auto of_run = watch(own(at) + "/events?follow=1", w.viewer);
        auto of_project = watch(acme + std::string("/projects/web/events"), w.viewer);
        auto of_workspace = watch(acme + std::string("/events"), w.viewer);
        while (w.executor().hub().listening() < 3) std::this_thread::yield();
        REQUIRE_EQ(
            w.ask("DELETE", "/workspaces/acme/members/" + std::to_string(w.team.viewer.value()), w.admin).status,
            204);
        for (auto* stream : {&of_run, &of_project, &of_workspace})
            CHECK(stream->get().ends_with("event: gone\ndata: {}\n\n"));
    }

    TEST_CASE("a log is read by bytes and by lines, searched, and taken away as a file") {
        run_world w;
        const auto p = w.pipeline(
            "talk",
            "    - {action: T, type: BUILD, execute_commands: ['seq -f \"line %.0f here\" 2500', 'printf end']}\n");
        const json e = w.ended(w.start(p, w.developer), w.admin);
        const std::string log = own(e["action_executions"][0]["url"].get<std::string>().substr(
                                    e["action_executions"][0]["url"].get<std::string>().find("/workspaces"))) +
                                "/log/";
        const json totals = get(w, log + "lines?count=0", w.viewer);
        CHECK_EQ(totals["total"], 2501);
        CHECK_EQ(totals["over"], true);
        CHECK(totals["lines"].empty());
        const json some = get(w, log + "lines?from=2400&count=3", w.viewer);
        CHECK_EQ(some["lines"], json{"line 2400 here", "line 2401 here", "line 2402 here"});
        CHECK_EQ(get(w, log + "lines?from=2501&count=10", w.viewer)["lines"], json{"end"});
        CHECK(get(w, log + "lines?from=9000", w.viewer)["lines"].empty());
        const json hits = get(w, log + "search?q=LINE%20249&ignore_case=1&limit=2", w.viewer);
        CHECK_EQ(hits["lines"][0], json{{"line", 249}, {"column", 1}});
        CHECK_EQ(hits["lines"][1]["line"], 2490);
        CHECK_EQ(hits["next"], 2491);
        CHECK_EQ(get(w, log + "search?q=line%20249&from=2491", w.viewer)["lines"].size(), 9);
        CHECK(get(w, log + "search?q=LINE", w.viewer)["lines"].empty());
        CHECK_EQ(get(w, log + "search?q=end", w.viewer)["lines"][0], json{{"line", 2501}, {"column", 1}});
        const auto bytes = w.ask("GET", log + "bytes?from=5&count=6", w.viewer);
        CHECK_EQ(bytes.text, "1 here");
        CHECK_EQ(bytes.headers.at("x-log-size"), std::to_string(totals["size"].get<std::int64_t>()));
        const auto whole = w.ask("GET", log + "text", w.viewer);
        CHECK_EQ(static_cast<std::int64_t>(whole.text.size()), totals["size"].get<std::int64_t>());
        CHECK(whole.headers.at("content-disposition").ends_with("-1.log\""));
        CHECK_EQ(w.ask("GET", log + "search?q=", w.viewer).status, 400);
        CHECK_EQ(w.ask("GET", log + "lines", w.token(w.team.outsider)).status, 404);
    }

    TEST_CASE("a line that is too long to be shown whole is cut and said to be") {
        run_world w;
        const auto p = w.pipeline("wide",
                                  "    - {action: T, type: BUILD, execute_commands: ['head -c 5000000 /dev/zero | tr "
                                  "\"\\\\0\" x', 'echo', 'echo after']}\n");
        const json e = w.ended(w.start(p, w.developer), w.admin);
        REQUIRE_EQ(e["status"], "SUCCESSFUL");
        const std::string url = e["action_executions"][0]["url"];
        const std::string log = own(url.substr(url.find("/workspaces"))) + "/log/";
        const json first = get(w, log + "lines", w.viewer);
        REQUIRE_EQ(first["lines"].size(), 1);
        CHECK_EQ(first["lines"][0].get<std::string>().size(), 64 * 1024);
        CHECK_EQ(first["cut"], json{1});
        CHECK_EQ(get(w, log + "lines?from=2", w.viewer)["lines"], json{"after"});
        CHECK_EQ(get(w, log + "search?q=after", w.viewer)["lines"][0]["line"], 2);
    }

    TEST_CASE("what waits is shown to who may answer it, with what is asked") {
        run_world w;
        const auto ask =
            w.pipeline("ask",
                       "    - action: Values\n      type: WAIT_FOR_VARIABLES\n      comment: Which one?\n"
                       "      variables:\n        - {key: COLOUR, value: red, description: d}\n");
        const auto gate = w.pipeline("gate", "    - {action: Approve, type: WAIT_FOR_APPLY}\n");
        const auto first = w.start(ask, w.developer);
        const auto second = w.start(gate, w.developer);
        w.when(second, w.developer, "WAITING_FOR_APPLY");
        const json shown = w.when(first, w.developer, "WAITING_FOR_VARIABLES");
        CHECK_EQ(shown["action_executions"][0]["variables"][0]["key"], "COLOUR");
        CHECK_EQ(shown["may"], json{{"run", true}, {"manage", true}});
        const json mine = get(w, std::string(acme) + "/waiting", w.developer);
        REQUIRE_EQ(mine["executions"].size(), 2);
        CHECK_EQ(mine["executions"][0]["waits_for"], "APPROVAL");
        CHECK_EQ(mine["executions"][1]["waits_for"], "VARIABLES");
        CHECK_EQ(mine["executions"][1]["variables"][0]["value"], "red");
        CHECK(get(w, std::string(acme) + "/waiting", w.viewer)["executions"].empty());
        for (const std::string& at : {first, second}) w.ask("PATCH", at, w.developer, {{"operation", "CANCEL"}});
    }

    TEST_CASE("a secret that is asked for is answered sealed, masked in the log, and forgotten") {
        run_world w;
        const auto ask = w.pipeline("ask",
                                    "    - action: Values\n      type: WAIT_FOR_VARIABLES\n      variables:\n"
                                    "        - {key: CODE, encrypted: true}\n        - {key: COLOUR, value: red}\n"
                                    "    - {action: Use, type: BUILD, execute_commands: ['echo \"$COLOUR $CODE\"', "
                                    "'test \"$CODE\" = \"planted answer\"']}\n");
        const auto run = w.start(ask, w.developer);
        const json shown = w.when(run, w.developer, "WAITING_FOR_VARIABLES");
        CHECK_EQ(shown["action_executions"][0]["variables"][0]["encrypted"], true);
        CHECK(shown["action_executions"][0]["variables"][0]["value"].is_null());
        const auto answer = [&](const json& variables) {
            return w.ask("PATCH", run, w.developer, {{"operation", "APPLY_VARIABLES"}, {"variables", variables}});
        };
        const json secret = {{"key", "CODE"}, {"value", "planted answer"}, {"encrypted", true}};
        const json plain = {{"key", "CODE"}, {"value", "planted answer"}};
        CHECK_EQ(answer(json::array()).status, 400);
        CHECK_EQ(answer({plain}).status, 400);
        CHECK_EQ(answer({secret, plain}).status, 400);
        CHECK_EQ(answer({{{"key", "CODE"}, {"value", ""}, {"encrypted", true}}}).status, 400);
        CHECK_EQ(answer({secret, {{"key", "COLOUR"}, {"value", "blue"}, {"encrypted", true}}}).status, 400);
        CHECK_EQ(w.ask("PATCH", run, w.viewer, {{"operation", "APPLY_VARIABLES"}, {"variables", {secret}}}).status,
                 403);
        REQUIRE_EQ(answer({secret, {{"key", "COLOUR"}, {"value", "blue"}}}).status, 200);
        const json e = w.ended(run, w.developer);
        CHECK_EQ(e["status"], "SUCCESSFUL");
        const std::string url = e["action_executions"][1]["url"];
        const json lines = get(w, own(url.substr(url.find("/workspaces"))) + "/log/lines", w.developer)["lines"];
        REQUIRE_FALSE(lines.empty());
        CHECK_EQ(lines[0].get<std::string>().find("planted"), std::string::npos);
        CHECK_EQ(lines[0].get<std::string>().find("blue"), 0);
        CHECK_EQ(w.ask("GET", std::string(acme) + "/audit?limit=1000", w.admin).text.find("planted answer"),
                 std::string::npos);
        // Nothing of it is kept once the attempt has ended, and a retry asks anew.
        const auto number = w.stores().runs->runs({std::nullopt, std::nullopt, 1}).value().front();
        const auto kept = w.stores().runs->answer_of(number.id, 1, 0).value();
        REQUIRE(kept.has_value());
        CHECK_FALSE(kept->secrets.has_value());
        REQUIRE_EQ(w.ask("PATCH", run, w.developer, {{"operation", "RETRY"}}).status, 200);
        w.when(run, w.developer, "WAITING_FOR_VARIABLES");
        w.ask("PATCH", run, w.developer, {{"operation", "CANCEL"}});
    }

    TEST_CASE("who is denied asks, who may grant sees it, and a grant answers it") {
        run_world w;
        const std::string gh = add_gh(
            w, rows("DENIED", json::array({{{"id", w.team.developer.value()}, {"access_level", "USE_ONLY"}}})));
        REQUIRE_EQ(
            w.ask("PATCH", "/workspaces/acme/integrations/" + gh, w.admin, {{"demanded_to_grant", "MANAGE"}}).status,
            200);
        const auto p = w.pipeline("deploy2", uses);
        const auto at = w.start(p, w.developer);
        REQUIRE_EQ(w.ended(at, w.developer)["status"], "FAILED");
        const std::string request = own(at) + "/missing/request";
        const auto asked = w.ask("POST", request, w.viewer, {{"note", "please"}});
        REQUIRE_MESSAGE(asked.status == 201, asked.text);
        const json& one = asked.body["access_requests"][0];
        CHECK_EQ(one["status"], "OPEN");
        // The viewer may not know of it.
        CHECK(one["integration"].is_null());
        CHECK_EQ(one["mine"], true);
        CHECK_EQ(w.ask("POST", request, w.viewer).status, 200);
        CHECK_EQ(w.ask("POST", request, w.admin).status, 409);
        const json inbox = get(w, std::string(acme) + "/waiting", w.admin)["access_requests"];
        REQUIRE_EQ(inbox.size(), 1);
        CHECK_EQ(inbox[0]["integration"]["identifier"], "gh_prod");
        CHECK_EQ(inbox[0]["note"], "please");
        CHECK_EQ(inbox[0]["execution"]["id"], one["execution"]["id"]);
        const std::string all = std::string(acme) + "/access_requests";
        CHECK(get(w, all, w.token(w.team.outsider))["access_requests"].empty());
        const std::string id = std::to_string(one["id"].get<std::int64_t>());
        CHECK_EQ(w.ask("DELETE", all + "/" + id, w.token(w.team.outsider)).status, 404);
        const auto granted = w.ask("POST", own(at) + "/grant", w.admin);
        REQUIRE_MESSAGE(granted.status == 201, granted.text);
        w.ended(at, w.admin);
        CHECK(get(w, all, w.admin)["access_requests"].empty());
        const json closed = get(w, all + "?status=ALL&mine=1", w.viewer)["access_requests"];
        REQUIRE_EQ(closed.size(), 1);
        CHECK_EQ(closed[0]["status"], "GRANTED");
        CHECK_EQ(w.ask("POST", request, w.viewer).status, 409);
        CHECK_EQ(w.ask("DELETE", all + "/" + id, w.viewer).status, 409);
    }

    TEST_CASE("a request is dismissed by who may grant, and taken back by who asked") {
        run_world w;
        add_gh(w, rows("DENIED"));
        const auto p = w.pipeline("deploy2", uses);
        const auto at = w.start(p, w.developer);
        w.ended(at, w.admin);
        const std::string all = std::string(acme) + "/access_requests";
        for (const auto& [who, status] : {std::pair(w.admin, "DISMISSED"), std::pair(w.developer, "WITHDRAWN")}) {
            const auto asked = w.ask("POST", own(at) + "/missing/request", w.developer);
            REQUIRE_MESSAGE(asked.status == 201, asked.text);
            const std::string id = std::to_string(asked.body["access_requests"][0]["id"].get<std::int64_t>());
            REQUIRE_EQ(w.ask("DELETE", all + "/" + id, who).status, 204);
            CHECK_EQ(get(w, all + "?status=ALL&limit=1", w.developer)["access_requests"][0]["status"], status);
        }
    }

    TEST_CASE("nobody asks without end") {
        run_world w;
        add_gh(w, rows("DENIED"));
        const auto p = w.pipeline("deploy2", uses);
        const auto at = w.start(p, w.developer);
        w.ended(at, w.admin);
        const std::string all = std::string(acme) + "/access_requests/";
        for (int i = 0; i < 20; ++i) {
            const auto asked = w.ask("POST", own(at) + "/missing/request", w.developer);
            REQUIRE_EQ(asked.status, 201);
            w.ask("DELETE", all + std::to_string(asked.body["access_requests"][0]["id"].get<std::int64_t>()),
                  w.developer);
        }
        CHECK_EQ(w.ask("POST", own(at) + "/missing/request", w.developer).status, 429);
    }
}
