// SPDX-License-Identifier: Apache-2.0
// A pipeline's own address, which whoever knows it starts the pipeline by.
#include "runner/triggers/totp.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/runner/source/clone_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

TEST_SUITE("server.hooks") {
    TEST_CASE("a pipeline's own address: known by its token, with a one-time password where that is asked for") {
        run_world w;
        const std::string actions = "    - action: Say\n      type: BUILD\n      execute_commands: ['true']\n";
        const std::string open = w.pipeline("open", actions, {{"events", json::array({{{"type", "WEBHOOK"}}})}});
        const std::string safe =
            w.pipeline("safe", actions, {{"events", json::array({{{"type", "WEBHOOK"}, {"totp", true}}})}});
        const std::string deaf = w.pipeline("deaf", actions);
        const auto make = [&](const std::string& pipeline, const std::string& token) {
            return w.ask("POST", "/latchkey/v1" + pipeline + "/webhook", token);
        };
        const auto path = [](const api_reply& made) {
            const auto address = made.body["address"].get<std::string>();
            return address.substr(address.find("/latchkey"));
        };
        CHECK_EQ(make(deaf, w.admin).status, 400);
        CHECK_EQ(make(open, w.viewer).status, 403);
        const auto made = make(open, w.developer);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_FALSE(made.body.contains("totp_secret"));
        CHECK_EQ(w.ask("POST", path(made), "").status, 202);
        const json run = w.ended(open + "/executions/1", w.admin);
        CHECK_EQ(run["status"], "SUCCESSFUL");
        CHECK_EQ(run["triggered_on"], "WEBHOOK");
        CHECK_EQ(run["creator"]["email"], "dev@acme.test");
        CHECK_EQ(w.ask("POST", path(made) + "x", "").status, 404);
        // It starts runs for who made it, as long as they may run the pipeline, and while it has such an event.
        REQUIRE_EQ(w.ask("PATCH", open, w.admin, {{"events", json::array()}}).status, 200);
        CHECK_EQ(w.ask("POST", path(made), "").status, 404);
        REQUIRE_EQ(
            w.ask("PATCH", open, w.admin, {{"events", json::array({{{"type", "WEBHOOK"}, {"totp", true}}})}}).status,
            200);
        CHECK(w.ask("POST", path(made), "").message().find("make it anew") != std::string::npos);
        REQUIRE_EQ(w.ask("PATCH", open, w.admin, {{"events", json::array({{{"type", "WEBHOOK"}}})}}).status, 200);
        const std::string token = path(made).substr(path(made).rfind('/') + 1);
        CHECK_EQ(shell(w.folder(), "grep -rlaF '" + token + "' . || true"), "");
        // Another replaces it, and it can be removed.
        const auto other = make(open, w.developer);
        CHECK_EQ(w.ask("POST", path(made), "").status, 404);
        CHECK_EQ(w.ask("DELETE", "/latchkey/v1" + open + "/webhook", w.developer).status, 204);
        CHECK_EQ(w.ask("POST", path(other), "").status, 404);

        const auto locked = make(safe, w.admin);
        REQUIRE_MESSAGE(locked.status == 201, locked.text);
        const vault::secret key(locked.body["totp_secret"].get<std::string>());
        const auto call = [&](const std::string& code) {
            return w.ask_text("POST", path(locked), "", "", {{"X-Latchkey-TOTP", code}});
        };
        CHECK_EQ(w.ask("POST", path(locked), "").status, 403);
        const auto step = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(30);
        const std::string right = triggers::totp_code(triggers::raw_totp_key(key)->reveal(), step);
        CHECK_EQ(call(right).status, 202);
        const auto twice = call(right);
        CHECK_EQ(twice.status, 403);
        CHECK(twice.message().find("used already") != std::string::npos);
        // The one before it, too: a later one was taken.
        CHECK_EQ(call(triggers::totp_code(triggers::raw_totp_key(key)->reveal(), step - 1)).status, 403);
        // Guesses are counted, and after ten not even the right one is looked at.
        int wrong = 2;
        for (; wrong < 10; ++wrong) CHECK_EQ(call("00000" + std::to_string(wrong)).status, 403);
        const auto bounded = call(triggers::totp_code(triggers::raw_totp_key(key)->reveal(), step + 1));
        CHECK_EQ(bounded.status, 429);
        CHECK(bounded.headers.contains("retry-after"));
        CHECK_EQ(w.ask("GET", safe + "/executions", w.admin).body["executions"].size(), 1);
        w.ended(safe + "/executions/2", w.admin);
        CHECK_EQ(shell(w.folder(), "grep -rlaF '" + locked.body["totp_secret"].get<std::string>() + "' . || true"),
                 "");
    }
}
