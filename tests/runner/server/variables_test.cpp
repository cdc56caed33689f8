// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string variables = "/workspaces/acme/variables";

std::string everything_below(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::stringstream bytes;
        bytes << in.rdbuf();
        all += bytes.str();
    }
    return all;
}

std::string at_of(const api_reply& made) {
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return variables + "/" + std::to_string(made.body["id"].get<int>());
}

std::vector<std::string> keys_in(const api_reply& list) {
    REQUIRE_MESSAGE(list.status == 200, list.text);
    std::vector<std::string> keys;
    for (const json& v : list.body["variables"]) keys.push_back(v["key"]);
    return keys;
}

using keys = std::vector<std::string>;

}  // namespace

TEST_SUITE("server.variables") {
    TEST_CASE("of a workspace, a project and a pipeline, found by either spelling of the filters") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string developer = world.token(world.team.developer);
        const int deploy = static_cast<int>(world.team.deploy.value());
        const auto made = world.ask("POST", variables, admin, {{"key", "A"}, {"value", "1"}, {"settable", true}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["value"], "1");
        CHECK_EQ(made.body["type"], "VAR");
        CHECK_EQ(made.body["encrypted"], false);
        CHECK_EQ(made.body["settable"], true);
        for (const char* none : {"description", "project", "pipeline", "action", "environment", "file_path"})
            CHECK_EQ(made.body[none], nullptr);
        const auto of_project =
            world.ask("POST", variables, developer, {{"key", "B"}, {"value", "2"}, {"project", {{"name", "web"}}}});
        REQUIRE_MESSAGE(of_project.status == 201, of_project.text);
        CHECK_EQ(of_project.body["project"]["name"], "web");
        const auto of_pipeline =
            world.ask("POST", variables, developer,
                      {{"key", "C"}, {"value", "3"}, {"pipeline", {{"id", deploy}}}, {"project", {{"name", "web"}}}});
        REQUIRE_MESSAGE(of_pipeline.status == 201, of_pipeline.text);
        CHECK_EQ(of_pipeline.body["pipeline"]["id"], deploy);
        CHECK_EQ(of_pipeline.body["project"], nullptr);
        const std::string number = std::to_string(deploy);
        const auto list = [&](const std::string& query) {
            return keys_in(world.ask("GET", variables + query, developer));
        };
        CHECK_EQ(list(""), keys{"A", "id_workspace"});
        CHECK_EQ(list("?project_name=web"), keys{"B", "id_project"});
        CHECK_EQ(list("?projectName=web"), keys{"B", "id_project"});
        CHECK_EQ(list("?pipeline_id=" + number), keys{"C"});
        CHECK_EQ(list("?pipelineId=" + number), keys{"C"});
        CHECK_EQ(list("?projectName=web&pipelineId=" + number), keys{"C"});
        CHECK_EQ(list("?page=2"), keys{});
        CHECK_EQ(list("?actionId=1"), keys{});
        CHECK_EQ(world.ask("GET", variables + "?pipeline_id=x", developer).status, 400);
        // Null is as if it were not there.
        const auto plain = world.ask("POST", variables, admin,
                                     {{"key", "D"}, {"value", "4"}, {"project", nullptr}, {"encrypted", nullptr}});
        CHECK_EQ(plain.status, 201);
        CHECK_EQ(world.ask("POST", variables, admin, {{"key", "D"}, {"value", "5"}}).status, 409);
        CHECK_EQ(world.ask("DELETE", at_of(plain), admin).status, 204);
        CHECK_EQ(world.ask("GET", at_of(plain), admin).status, 404);
    }

    TEST_CASE("what is encrypted is sealed, is in no answer and in no file, and is not shown again") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const auto made = world.ask("POST", variables, admin,
                                    {{"key", "TOKEN"}, {"value", "planted-value-1"}, {"encrypted", true}});
        const std::string at = at_of(made);
        CHECK_EQ(made.body["encrypted"], true);
        const std::string placeholder = made.body["value"];
        CHECK(placeholder.starts_with("secure!"));
        // A client that sends back what it was given changes nothing.
        auto changed = world.ask("PATCH", at, admin, {{"value", placeholder}, {"description", "d"}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["value"], placeholder);
        CHECK_EQ(changed.body["description"], "d");
        CHECK_EQ(world.ask("PATCH", at, admin, {{"value", "secure!of.elsewhere"}}).status, 400);
        // Off only with a new value.
        CHECK_EQ(world.ask("PATCH", at, admin, {{"encrypted", false}}).status, 422);
        CHECK_EQ(world.ask("PATCH", at, admin, {{"encrypted", false}, {"value", placeholder}}).status, 422);
        changed = world.ask("PATCH", at, admin, {{"value", "planted-value-2"}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_NE(changed.body["value"], placeholder);
        const std::string stored = everything_below(world.folder());
        for (const char* planted : {"planted-value-1", "planted-value-2"}) {
            CHECK_EQ(stored.find(planted), std::string::npos);
            CHECK_EQ(world.ask("GET", at, admin).text.find(planted), std::string::npos);
            CHECK_EQ(world.ask("GET", variables, admin).text.find(planted), std::string::npos);
        }
        changed = world.ask("PATCH", at, admin, {{"encrypted", false}, {"value", "open"}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["value"], "open");
        // On, with the value that it has.
        changed = world.ask("PATCH", at, admin, {{"encrypted", true}});
        CHECK_EQ(changed.body["encrypted"], true);
        CHECK_NE(changed.body["value"], "open");
    }

    TEST_CASE("an SSH key is always encrypted, and its public half is shown") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const auto file = world.folder() / "key";
        REQUIRE_EQ(std::system(("ssh-keygen -q -t ed25519 -N '' -C c -f " + file.string()).c_str()), 0);
        const auto text_of = [](const std::filesystem::path& path) {
            std::ifstream in(path);
            std::stringstream text;
            text << in.rdbuf();
            return text.str();
        };
        const auto made = world.ask("POST", variables, admin,
                                    {{"key", "DEPLOY_KEY"},
                                     {"type", "SSH_KEY"},
                                     {"value", text_of(file)},
                                     {"encrypted", false},
                                     {"file_place", "CONTAINER"},
                                     {"file_path", "~/.ssh/k"},
                                     {"file_chmod", "600"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["encrypted"], true);
        CHECK_EQ(made.text.find("PRIVATE"), std::string::npos);
        CHECK_EQ(made.body["public_value"].get<std::string>() + " c\n", text_of(file.string() + ".pub"));
        CHECK(made.body["key_fingerprint"].get<std::string>().starts_with("SHA256:"));
        CHECK_EQ(made.body["file_place"], "CONTAINER");
        CHECK_EQ(made.body["file_path"], "~/.ssh/k");
        CHECK_EQ(made.body["file_chmod"], "600");
        CHECK_EQ(world.ask("PATCH", at_of(made), admin, {{"encrypted", false}, {"value", "x"}}).status, 422);
        const auto message = [&](json more) {
            json body = {{"key", "K"}, {"value", "v"}};
            body.update(more);
            return world.ask("POST", variables, admin, body).message();
        };
        CHECK_EQ(message({{"type", "SSH_KEY"}, {"value", ""}}), "`value` is missing");
        CHECK_EQ(message({{"type", "SSH"}}),
                 "`type` must be one of VAR, FILE, SSH_KEY, SSH_PUBLIC_KEY, GPG_KEY, IOS_KEYCHAIN, "
                 "IOS_PROVISION_PROFILES");
        CHECK_EQ(message({{"key", "1K"}}), "`key` has letters, digits and _ only, and no digit first");
        CHECK_EQ(message({{"file_chmod", "abc"}}), "`file_chmod` must be three or four octal digits, as in 600");
        CHECK_EQ(message({{"type", "SSH_KEY"}, {"passphrase", "p"}}),
                 "`passphrase` can't be kept: give a key without one");
        CHECK_EQ(message({{"action", {{"id", 1}}}}),
                 "variables of one action stand in the pipeline's definition, below the action's `variables`");
    }

    TEST_CASE("who may not see the place of a variable does not see the variable") {
        api_world world;
        const std::string developer = world.token(world.team.developer);
        const std::string viewer = world.token(world.team.viewer);
        const std::string outsider = world.token(world.team.outsider);
        const json pipeline = {{"id", world.team.deploy.value()}};
        const auto of_project =
            world.ask("POST", variables, developer, {{"key", "B"}, {"value", "2"}, {"project", {{"name", "web"}}}});
        const auto of_pipeline =
            world.ask("POST", variables, developer, {{"key", "C"}, {"value", "3"}, {"pipeline", pipeline}});
        for (const std::string& at : {at_of(of_project), at_of(of_pipeline)}) {
            CHECK_EQ(world.ask("GET", at, viewer).status, 200);
            CHECK_EQ(world.ask("PATCH", at, viewer, {{"value", "x"}}).status, 403);
            CHECK_EQ(world.ask("DELETE", at, viewer).status, 403);
            for (const char* method : {"GET", "PATCH", "DELETE"})
                CHECK_EQ(world.ask(method, at, outsider).message(), "there is no such variable");
        }
        const std::string number = std::to_string(world.team.deploy.value());
        CHECK_EQ(world.ask("GET", variables + "?project_name=web", outsider).status, 404);
        CHECK_EQ(world.ask("GET", variables + "?pipeline_id=" + number, outsider).status, 404);
        CHECK_EQ(world.ask("POST", variables, outsider, {{"key", "X"}, {"pipeline", pipeline}}).status, 404);
        CHECK_EQ(world.ask("POST", variables, developer, {{"key", "X"}}).status, 403);
        CHECK_EQ(world.ask("POST", variables, viewer, {{"key", "X"}, {"pipeline", pipeline}}).status, 403);
        // It stays where it is.
        CHECK_EQ(world.ask("PATCH", at_of(of_pipeline), developer, {{"pipeline", pipeline}, {"value", "4"}}).status,
                 200);
        CHECK_EQ(world.ask("PATCH", at_of(of_pipeline), developer, {{"project", {{"name", "web"}}}}).status, 422);
        CHECK_EQ(world.ask("PATCH", at_of(of_pipeline), developer, {{"type", "FILE"}}).status, 422);
    }

    TEST_CASE("two hundred changes at once lose nothing, and If-Match is held to") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string at = at_of(world.ask("POST", variables, admin, {{"key", "A"}, {"value", "0"}}));
        std::vector<std::jthread> clients;
        std::atomic<int> fine = 0;
        for (int i = 0; i < 8; ++i)
            clients.emplace_back([&, i] {
                for (int n = 0; n < 25; ++n) {
                    const std::string value = std::to_string(i * 100 + n);
                    const json body = n % 2 == 0 ? json{{"value", value}} : json{{"description", value}};
                    fine += world.ask("PATCH", at, admin, body).status == 200 ? 1 : 0;
                }
            });
        clients.clear();
        CHECK_EQ(fine.load(), 200);
        const auto now = world.ask("GET", at, admin);
        CHECK_NE(now.body["value"], "0");
        CHECK_NE(now.body["description"], nullptr);
        const std::string etag = now.headers.at("etag");
        CHECK_EQ(world.ask("PATCH", at, admin, {{"value", "a"}}, {{"If-Match", etag}}).status, 200);
        CHECK_EQ(world.ask("PATCH", at, admin, {{"value", "b"}}, {{"If-Match", etag}}).status, 412);
    }
}
