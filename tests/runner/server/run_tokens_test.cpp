// SPDX-License-Identifier: Apache-2.0
// Tokens of runs, verified by another's library that knows nothing but the issuer's address.
#include "runner/server/run_token.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr auto verifier = LATCHKEY_SOURCE_DIR "/tests/runner/server/verify_token.py";

identity::run_facts a_run() {
    identity::run_facts f;
    f.workspace = "acme";
    f.project = "web:shop";
    f.pipeline_id = 7;
    f.pipeline = "Deploy \"it\" ä";
    f.ref_type = "BRANCH";
    f.ref = "refs/heads/main";
    f.actor = "dev@acme.test";
    f.run = 42;
    f.attempt = 2;
    return f;
}

policy::time_point now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// What PyJWT makes of it: the claims, or {"error": …}.
json verified(const api_world& api, const std::string& token, const std::string& audience) {
    const auto in = api.folder() / "token";
    const auto out = api.folder() / "claims";
    std::ofstream(in) << token;
    const std::string command = std::string("/usr/bin/python3 ") + verifier +
                                " http://127.0.0.1:" + std::to_string(api.port()) + " " + audience + " <" +
                                in.string() + " >" + out.string();
    REQUIRE_EQ(std::system(command.c_str()), 0);
    return json::parse(read_file(out));
}

}  // namespace

TEST_SUITE("server.run_tokens") {
    TEST_CASE("PyJWT takes a run's token by the issuer's address alone, and reads the run in it") {
        api_world api;
        auto& issuer = api.run_tokens();
        const auto at = now();
        const std::string token = issuer.issue_run_token(a_run(), "sts.example.test", at).value();
        json claims = verified(api, token, "sts.example.test");
        CHECK_EQ(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>(), 600);
        CHECK_EQ(claims["nbf"], claims["iat"]);
        CHECK_EQ(claims["jti"].get<std::string>().size(), 43);
        for (const char* changing : {"exp", "iat", "nbf", "jti"}) claims.erase(changing);
        CHECK_EQ(claims, json({{"iss", "http://127.0.0.1:" + std::to_string(api.port())},
                               {"sub", "workspace:acme:project:web%3Ashop:pipeline:7:ref:refs/heads/main"},
                               {"aud", "sts.example.test"},
                               {"workspace", "acme"},
                               {"project", "web:shop"},
                               {"pipeline_id", "7"},
                               {"pipeline", "Deploy \"it\" ä"},
                               {"ref_type", "BRANCH"},
                               {"ref", "refs/heads/main"},
                               {"actor", "dev@acme.test"},
                               {"run", "42"},
                               {"attempt", "2"}}));
        CHECK_EQ(verified(api, token, "another")["error"], "InvalidAudienceError");
        CHECK_EQ(
            verified(api, issuer.issue_run_token(a_run(), "a", at - std::chrono::minutes(11)).value(), "a")["error"],
            "ExpiredSignatureError");
        const auto dot = token.rfind('.');
        std::string forged = token;
        forged[dot + 5] = forged[dot + 5] == 'A' ? 'B' : 'A';
        CHECK_EQ(verified(api, forged, "sts.example.test")["error"], "InvalidSignatureError");
        CHECK_EQ(issuer.issue_run_token(a_run(), "", at).error().code, errc::usage);
        // No two are the same, so that one that was used can be told from another.
        CHECK_NE(issuer.issue_run_token(a_run(), "a", at).value(), issuer.issue_run_token(a_run(), "a", at).value());
    }

    TEST_CASE("a new key signs, and the old one stays until its last token has ended") {
        std::atomic<std::int64_t> ahead{0};
        api_world api(1'000'000,
                      [&](server::state& s) { s.clock = [&] { return now() + std::chrono::minutes(ahead); }; });
        auto& issuer = api.run_tokens();
        const std::string before = issuer.issue_run_token(a_run(), "a", now()).value();
        const auto keys = [&] {
            std::vector<std::string> ids;
            const json set = api.ask("GET", "/.well-known/jwks.json", "").body;
            for (const json& key : set["keys"]) {
                ids.push_back(key["kid"]);
                CHECK_EQ(key.size(), 6);  // kty, use, alg, kid, n, e: nothing private
            }
            return ids;
        };
        const auto first = keys();
        REQUIRE_EQ(first.size(), 1);
        const std::string second = issuer.rotate(api.team.owner, now()).value();
        CHECK_EQ(keys(), std::vector<std::string>{second, first[0]});
        const std::string after = issuer.issue_run_token(a_run(), "a", now()).value();
        for (const std::string& token : {before, after}) CHECK_EQ(verified(api, token, "a")["run"], "42");
        ahead = 19;
        CHECK_EQ(keys().size(), 2);
        ahead = 21;
        CHECK_EQ(keys(), std::vector<std::string>{second});
        // Another server of the same store signs with the same key.
        identity::token_issuer again(*api.stores().signing, api.vault(), issuer.issuer());
        CHECK_EQ(verified(api, again.issue_run_token(a_run(), "a", now()).value(), "a")["run"], "42");
    }

    TEST_CASE("no private key lies open in the database, and one that was moved there does not sign") {
        api_world api;
        REQUIRE(api.run_tokens().issue_run_token(a_run(), "a", now()).has_value());
        const auto stored = api.stores().signing->all().value();
        REQUIRE_EQ(stored.size(), 1);
        for (const auto& file : std::filesystem::directory_iterator(api.folder() / "data"))
            CHECK_EQ(read_file(file.path()).find("PRIVATE KEY"), std::string::npos);
        auto other = stored[0];
        other.id = "another";
        other.sealed.name = "another";
        REQUIRE(api.stores().signing->add(other, stored[0].id, at(0), api.team.owner).has_value());
        identity::token_issuer fresh(*api.stores().signing, api.vault(), "http://127.0.0.1");
        CHECK_EQ(fresh.issue_run_token(a_run(), "a", now()).error().code, errc::corrupt);
    }

    TEST_CASE("an action that asks gets a token in its environment, others don't, and PyJWT reads its run in it") {
        run_world w;
        const std::string issuer = "http://127.0.0.1:" + std::to_string(w.port());
        const auto at = w.folder();
        const std::string script = "printf %s \"$CLOUD_TOKEN\" | /usr/bin/python3 " + std::string(verifier) + " " +
                                   issuer + " sts.example.test > " + (at / "claims").string();
        const std::string pipeline =
            w.pipeline("deploy-it",
                       "    - action: Assume\n      type: BUILD\n      id_tokens:\n        CLOUD_TOKEN:\n"
                       "          aud: sts.example.test\n        OTHER: {aud: other}\n      execute_commands:\n"
                       "        - 'echo \"it is $CLOUD_TOKEN.\"'\n        - 'test \"$CLOUD_TOKEN\" != \"$OTHER\"'\n"
                       "        - 'export COPY=$CLOUD_TOKEN'\n        - '" +
                           script +
                           "'\n    - action: Next\n      type: BUILD\n      execute_commands:\n"
                           "        - 'test -z \"$CLOUD_TOKEN$OTHER$COPY\"'\n");
        const std::string execution = w.start(pipeline, w.developer);
        const json run = w.ended(execution, w.admin);
        CAPTURE(run.dump(2));
        CHECK_EQ(run["status"], "SUCCESSFUL");
        const json claims = json::parse(read_file(at / "claims"));
        CAPTURE(claims.dump());
        CHECK_EQ(claims["iss"], issuer);
        CHECK_EQ(claims["aud"], "sts.example.test");
        CHECK_EQ(claims["workspace"], "acme");
        CHECK_EQ(claims["project"], "web");
        CHECK_EQ(claims["pipeline"], "deploy-it");
        CHECK_EQ(claims["pipeline_id"], pipeline.substr(pipeline.rfind('/') + 1));
        CHECK_EQ(claims["actor"], "dev@acme.test");
        CHECK_EQ(claims["run"], "1");
        CHECK_EQ(claims["attempt"], "1");
        CHECK_EQ(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>(), 600);
        const auto log = w.ask("GET", execution + "/action/1", w.admin);
        CHECK_NE(log.text.find("it is "), std::string::npos);
        CHECK_EQ(log.text.find("eyJ"), std::string::npos);
        // No token lies in what the server keeps.
        for (const auto& file : std::filesystem::recursive_directory_iterator(at / "data"))
            if (file.is_regular_file()) CHECK_EQ(read_file(file.path()).find("eyJhbGciOi"), std::string::npos);
    }

    TEST_CASE("a fork's run gets no token until somebody who may change the pipeline approves it") {
        api_world api;
        store::new_run wanted;
        wanted.pipeline = api.team.deploy;
        wanted.actor = api.team.developer;
        wanted.at = now();
        const auto made = api.stores().runs->create_run(wanted, "- pipeline: deploy\n").value();
        REQUIRE(made.source.trust == policy::source_trust::fork);
        const auto ask = [&] { return server::issue_token(api.stores(), &api.run_tokens(), made, 1, "a", now()); };
        CHECK_EQ(ask().error().code, errc::denied);
        REQUIRE(api.stores().runs->approve_fork(made.id, api.team.viewer, now()).has_value());
        CHECK_EQ(ask().error().code, errc::denied);
        REQUIRE(api.stores().runs->approve_fork(made.id, api.team.admin, now()).has_value());
        const auto token = ask();
        REQUIRE(token.has_value());
        CHECK_EQ(verified(api, std::string(token->reveal()), "a")["attempt"], "1");
        CHECK_EQ(server::issue_token(api.stores(), nullptr, made, 1, "a", now()).error().code, errc::engine);
    }

    TEST_CASE("a server that issues none says so") {
        api_world api(1'000'000, [](server::state& s) { s.run_tokens = nullptr; });
        for (const char* path : {"/.well-known/openid-configuration", "/.well-known/jwks.json"})
            CHECK_EQ(api.ask("GET", path, "").message(), "this server issues no tokens for runs");
    }
}
