// SPDX-License-Identifier: Apache-2.0
// Every route × who calls × what the token is for, over HTTP: let in exactly where the table says so, everything else
// is 401, 403 or 404 in the one shape.
#include "runner/server/route.hpp"
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace latchkey;
using namespace latchkey::test;

namespace {

using server::right;

struct caller {
    std::string name;
    policy::user_id user;
    bool member = false;
    bool administrator = false;
    bool in_project = false;
    bool writes = false;
    policy::pipeline_level pipeline = policy::pipeline_level::denied;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// What the table's words mean, said a second time.
int expected(const server::route& r, const caller& who) {
    const std::string path(r.path);
    if (r.right == right::anybody) return 200;
    // By its signature only, whoever's token comes with it.
    if (!who.user.valid() || r.right == right::agent) return 401;
    if (has(path, ":workspace") && !who.member) return 404;
    if (has(path, ":pipeline")) {
        if (who.pipeline <= policy::pipeline_level::denied) return 404;
    } else if (has(path, ":project") && !who.in_project) {
        return 404;
    }
    const auto needs = [&](policy::pipeline_level level) { return who.pipeline >= level ? 200 : 403; };
    switch (r.right) {
        case right::server_administrator:  // there is no other workspace
        case right::administrator:
            return who.administrator ? 200 : 403;
        case right::project_manager:
            return who.administrator ? 200 : 403;
        case right::repository_writer:
            return who.writes ? 200 : 403;
        case right::pipeline_runner:
            return needs(policy::pipeline_level::run_only);
        case right::pipeline_manager:
            return needs(policy::pipeline_level::read_write);
        default:
            return 200;
    }
}

// Names what is there on the way, and nothing that could be changed at its end.
std::string target_of(const server::route& r, const api_world& world) {
    std::string target;
    const std::string path(r.path);
    const bool harmless = r.method == "GET";
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at + 1), path.size());
        const std::string part = path.substr(at + 1, end - at - 1);
        const bool last = end == path.size();
        if (part == ":workspace")
            target += "/acme";
        else if (part == ":project")
            target += "/web";
        else if (part == ":pipeline")
            target += "/" + std::to_string(world.team.deploy.value());
        else if (part == ":integration")
            target += harmless && last ? "/" + world.team.slack.hash_id : "/000000000000000000000000";
        else if (part.starts_with(':'))
            target += "/999999";
        else
            target += "/" + part;
        at = end;
    }
    // A view that goes on is asked for what there is.
    return r.gives == server::gives::events ? target + "?follow=0" : target;
}

// These would end the world that the walk walks in: who may is tested where they are.
bool destroys(const server::route& r) {
    return r.method == "DELETE" &&
           (r.path.ends_with(":workspace") || r.path.ends_with(":project") || r.path.ends_with(":pipeline"));
}

}  // namespace

TEST_SUITE("server.routes") {
    TEST_CASE("who calls is let in exactly where the table says so") {
        api_world world{api_world::executing{}};
        const team_world& t = world.team;
        using level = policy::pipeline_level;
        const std::vector<caller> callers = {
            {"nobody", {}, false, false, false, false, level::denied},
            {"a stranger", t.stranger, false, false, false, false, level::denied},
            {"a member without a role", t.outsider, true, false, false, false, level::denied},
            {"a viewer", t.viewer, true, false, true, false, level::read_only},
            {"a developer", t.developer, true, false, true, true, level::read_write},
            {"an administrator", t.admin, true, true, true, true, level::read_write},
            {"the owner", t.owner, true, true, true, true, level::read_write},
        };
        int calls = 0;
        for (const caller& who : callers) {
            const std::string token = who.user.valid() ? world.token(who.user) : "";
            for (const server::route& r : server::routes()) {
                const int want = expected(r, who);
                if (want == 200 && destroys(r)) continue;
                const auto reply = world.ask(std::string(r.method), target_of(r, world), token);
                CAPTURE(who.name);
                CAPTURE(r.method);
                CAPTURE(r.path);
                CAPTURE(reply.text);
                ++calls;
                if (want == 200) {
                    CHECK_NE(reply.status, 401);
                    CHECK_NE(reply.status, 405);
                    CHECK_LT(reply.status, 500);
                    if (r.right != right::member) CHECK_NE(reply.status, 403);
                } else {
                    CHECK_EQ(reply.status, want);
                    CHECK_FALSE(reply.message().empty());
                }
                if (reply.status >= 400) {
                    REQUIRE(reply.body.is_object());
                    CHECK_EQ(reply.body.size(), 1);
                }
            }
        }
        MESSAGE(calls, " calls over ", server::routes().size(), " routes");
    }

    TEST_CASE("a token is good for what its scopes say, in either spelling, and for nothing else") {
        api_world world{api_world::executing{}};
        const auto owner = world.team.owner;
        std::set<server::scope> scopes;
        for (const server::route& r : server::routes()) scopes.insert(r.needed);
        scopes.erase(server::scope::none);
        for (const server::scope s : scopes) {
            const std::string only = world.token(owner, {std::string(to_string(s))});
            const std::vector<std::string> own{std::string(to_string(s))};
            for (const server::route& r : server::routes()) {
                if (r.right == right::anybody || r.right == right::agent || destroys(r)) continue;
                const auto reply = world.ask(std::string(r.method), target_of(r, world), only);
                CAPTURE(to_string(s));
                CAPTURE(r.method);
                CAPTURE(r.path);
                CAPTURE(reply.text);
                if (server::covers(own, r.needed)) {
                    CHECK_NE(reply.status, 401);
                    CHECK_FALSE(has(reply.message(), "lacks the scope"));
                } else {
                    CHECK_EQ(reply.status, 403);
                    CHECK_EQ(reply.message(), "the token lacks the scope " + std::string(to_string(r.needed)));
                }
            }
        }
        const std::string newer = world.token(owner, {"INTEGRATION_READ"});
        CHECK_EQ(world.ask("GET", "/workspaces/acme/integrations", newer).status, 200);
        const std::string higher = world.token(owner, {"INTEGRATION_MANAGE"});
        CHECK_EQ(world.ask("GET", "/workspaces/acme/integrations", higher).status, 200);
    }
}
