// SPDX-License-Identifier: Apache-2.0
// Permissions given and taken without a run, and executions by their number in the project: who may, and what those
// learn who may not.
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string quick = "    - {action: Say, type: BUILD, execute_commands: [echo said]}\n";

std::string grants_of(const run_world& w) {
    return "/latchkey/v1/workspaces/acme/integrations/" + w.team.slack.hash_id + "/grants";
}

std::int64_t id_of(const std::string& pipeline) {
    return std::stoll(pipeline.substr(pipeline.rfind('/') + 1));
}

}  // namespace

TEST_SUITE("server.permissions") {
    TEST_CASE("given with a ref and an end, listed, and taken away") {
        run_world w;
        const auto id = id_of(w.pipeline("release", quick));
        const auto made = w.ask("POST", grants_of(w), w.admin,
                                {{"pipeline_id", id}, {"ref", "refs/heads/main"}, {"expires_in", 7200}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["pipeline"], json({{"id", id}, {"name", "release"}, {"project_name", "web"}}));
        CHECK_EQ(made.body["ref"], "refs/heads/main");
        CHECK_NE(made.body["expires_at"], nullptr);
        CHECK_EQ(made.body["only_execution"], nullptr);
        const auto all = w.ask("GET", grants_of(w), w.admin);
        REQUIRE_EQ(all.status, 200);
        REQUIRE_EQ(all.body["grants"].size(), 1);
        CHECK_EQ(all.body["grants"][0], made.body);
        const std::string one = grants_of(w) + "/" + std::to_string(id);
        CHECK_EQ(w.ask("DELETE", one, w.admin).status, 204);
        CHECK_EQ(w.ask("DELETE", one, w.admin).status, 404);
        CHECK(w.ask("GET", grants_of(w), w.admin).body["grants"].empty());
    }

    TEST_CASE("in one execution only, and not for one of another pipeline") {
        run_world w;
        const auto p = w.pipeline("release", quick);
        const auto other = w.pipeline("other", quick);
        w.ended(w.start(p, w.admin), w.admin);
        w.ended(w.start(other, w.admin), w.admin);
        const auto made = w.ask("POST", grants_of(w), w.admin, {{"pipeline_id", id_of(p)}, {"only_execution", 1}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["only_execution"], 1);
        CHECK_EQ(w.ask("POST", grants_of(w), w.admin, {{"pipeline_id", id_of(p)}, {"only_execution", 2}}).status,
                 404);
    }

    TEST_CASE("what makes no sense, and who may not") {
        run_world w;
        const auto id = id_of(w.pipeline("release", quick));
        for (const json& wrong :
             {json::object(), json({{"pipeline_id", "x"}}), json({{"pipeline_id", id}, {"expires_in", 0}}),
              json({{"pipeline_id", id}, {"expires_at", "yesterday"}}),
              json({{"pipeline_id", id}, {"expires_at", "2001-01-02T03:04:05Z"}}),
              json({{"pipeline_id", id}, {"expires_in", 60}, {"expires_at", "2036-01-02T03:04:05Z"}})}) {
            CAPTURE(wrong.dump());
            CHECK_EQ(w.ask("POST", grants_of(w), w.admin, wrong).status, 400);
        }
        CHECK_EQ(w.ask("POST", grants_of(w), w.admin, {{"pipeline_id", 999'999}}).status, 404);
        // A viewer has Use on it and may not run the pipeline: the policy says no, and the pipeline is no secret.
        CHECK_EQ(w.ask("POST", grants_of(w), w.viewer, {{"pipeline_id", id}}).status, 403);
        // Who may not know the pipeline learns nothing of it.
        const std::string outsider = w.token(w.team.outsider);
        CHECK_EQ(w.ask("POST", grants_of(w), outsider, {{"pipeline_id", id}}).text,
                 w.ask("POST", grants_of(w), outsider, {{"pipeline_id", 999'999}}).text);
        CHECK(w.ask("GET", grants_of(w), w.admin).body["grants"].empty());
        // Nor who may not know the integration.
        const auto denied = w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                                  {{"permissions",
                                    {{"admins", "MANAGE"},
                                     {"others", "USE_ONLY"},
                                     {"users", {{{"id", w.team.developer.value()}, {"access_level", "DENIED"}}}},
                                     {"groups", json::array()}}}});
        REQUIRE_MESSAGE(denied.status == 200, denied.text);
        const std::string nothing = "/latchkey/v1/workspaces/acme/integrations/000000000000000000000000/grants";
        CHECK_EQ(w.ask("GET", grants_of(w), w.developer).text, w.ask("GET", nothing, w.developer).text);
        CHECK_EQ(w.ask("POST", grants_of(w), w.developer, {{"pipeline_id", id}}).text,
                 w.ask("POST", nothing, w.developer, {{"pipeline_id", id}}).text);
        CHECK_EQ(w.ask("DELETE", grants_of(w) + "/" + std::to_string(id), w.developer).status, 404);
    }

    TEST_CASE("executions of all pipelines, less those of pipelines that one may not read") {
        run_world w;
        const auto open = w.pipeline("open", quick);
        const auto hidden = w.pipeline("hidden", quick, {{"permissions", {{"others", "DENIED"}}}});
        for (int i = 0; i < 3; ++i) {
            w.ended(w.start(open, w.admin), w.admin);
            w.ended(w.start(hidden, w.admin), w.admin);
        }
        const std::string all = "/latchkey/v1/workspaces/acme/projects/web/executions";
        const auto seen = w.ask("GET", all, w.viewer);
        REQUIRE_EQ(seen.status, 200);
        REQUIRE_EQ(seen.body["executions"].size(), 3);
        CHECK_EQ(seen.body["executions"][0]["id"], 5);
        CHECK_EQ(seen.body["executions"][0]["pipeline"]["name"], "open");
        CHECK_FALSE(seen.text.find("hidden") != std::string::npos);
        const auto second = w.ask("GET", all + "?per_page=1&page=2", w.viewer);
        REQUIRE_EQ(second.body["executions"].size(), 1);
        CHECK_EQ(second.body["executions"][0]["id"], 3);
        CHECK(w.ask("GET", all + "?per_page=2&page=9", w.viewer).body["executions"].empty());
        CHECK_EQ(w.ask("GET", all, w.admin).body["executions"].size(), 6);
        // One of them is the same as by its pipeline.
        CHECK_EQ(w.ask("GET", all + "/5", w.viewer).body, w.ask("GET", open + "/executions/5", w.viewer).body);
        CHECK_EQ(w.ask("GET", all + "/6", w.viewer).text, w.ask("GET", all + "/77", w.viewer).text);
        CHECK_EQ(w.ask("GET", all + "/6", w.viewer).status, 404);
    }
}
