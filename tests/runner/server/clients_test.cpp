// SPDX-License-Identifier: Apache-2.0
// The API as programs that others wrote see it. They come from the npm registry into a folder of the test's own;
// where npm or the registry is out of reach the test says so and fails: what was not tried has not passed.
#include "runner/server/route.hpp"
#include "tests/runner/server/api_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

struct outcome {
    int status = 0;
    std::string out;
};

outcome shell(const temp_dir& folder, const std::string& command) {
    const auto log = folder / "log";
    // The programs of others are not built with this build's sanitizers.
    const std::string line = "cd " + folder.path().string() + " && env -u LD_PRELOAD " + command + " >" +
                             log.string() + " 2>&1 </dev/null";
    const int status = std::system(line.c_str());
    return {status, text_of(log)};
}

// With these packages in it.
void install(const temp_dir& folder, const std::string& packages) {
    const std::string npm =
        "npm --cache " + (folder / "cache").string() + " --fetch-retries=1 --fetch-timeout=60000 ";
    const outcome reached = shell(folder, npm + "ping");
    REQUIRE_MESSAGE(reached.status == 0,
                    "npm or its registry is out of reach, so no client that others wrote was tried:\n"
                        << reached.out);
    std::ofstream(folder / "package.json") << R"({"name": "clients", "private": true})";
    const outcome installed = shell(
        folder, npm + "install --no-audit --no-fund --no-update-notifier --ignore-scripts --no-save " + packages);
    REQUIRE_MESSAGE(installed.status == 0, installed.out);
}

void copy_script(const temp_dir& folder, const std::string& name) {
    std::filesystem::copy_file(std::filesystem::path(LATCHKEY_SOURCE_DIR) / "tests/runner/server/clients" / name,
                               folder.path() / name);
}

}  // namespace

TEST_SUITE("server.clients") {
    TEST_CASE("the npm client buddyworksapi works unchanged, at / and below /api") {
        const temp_dir folder;
        install(folder, "buddyworksapi@1.0.11");
        copy_script(folder, "buddyworksapi.js");
        const outcome repository = shell(
            folder,
            "sh -ec 'git init -q -b main there && cd there && mkdir -p docs/a && echo hello > \"read me.txt\" && "
            "echo b > docs/a/b.txt && git add . && git -c user.name=A -c user.email=a@acme.test commit -qm x'");
        REQUIRE_MESSAGE(repository.status == 0, repository.out);
        for (const char* below : {"", "/api"}) {
            api_world world(api_world::executing{});
            const std::string url = "http://127.0.0.1:" + std::to_string(world.port()) + below;
            const outcome ran = shell(folder, "node buddyworksapi.js " + url + " " + world.token(world.team.owner) +
                                                  " " + (folder / "there").string());
            CAPTURE(ran.out);
            CHECK_EQ(ran.status, 0);
            CHECK(ran.out.ends_with("ok\n"));
        }
    }

    TEST_CASE("what is answered is of the types that Buddy's own package publishes") {
        const temp_dir folder;
        install(folder, "@buddy-works/unit-tests@0.20.0 typescript@5.9.3");
        copy_script(folder, "published_types.mjs");
        const outcome repository = shell(folder,
                                         "sh -ec 'git init -q --bare -b main there.git && git init -q -b main work "
                                         "&& cd work && echo a > a.txt && "
                                         "git add . && git -c user.name=A -c user.email=a@acme.test commit -qm x && "
                                         "git tag v1 && git push -q ../there.git main v1'");
        REQUIRE_MESSAGE(repository.status == 0, repository.out);
        api_world world(api_world::executing{});
        const std::string url = "http://127.0.0.1:" + std::to_string(world.port());
        const outcome ran = shell(folder, "node published_types.mjs " + url + " " + world.token(world.team.owner) +
                                              " " + (folder / "there.git").string());
        CAPTURE(ran.out);
        CHECK_EQ(ran.status, 0);
        CHECK(ran.out.starts_with("ok "));
    }

    TEST_CASE("the OpenAPI document is one, says validators that others wrote, and has every route") {
        const temp_dir folder;
        install(folder, "@seriousme/openapi-schema-validator@2.11.0 @redocly/openapi-core@2.64.0");
        copy_script(folder, "openapi.mjs");
        api_world world;
        const auto document = world.ask("GET", "/latchkey/v1/openapi.json", "");
        REQUIRE_EQ(document.status, 200);
        std::ofstream(folder / "openapi.json") << document.text;
        const outcome ran = shell(folder, "node openapi.mjs openapi.json");
        CAPTURE(ran.out);
        CHECK_EQ(ran.status, 0);
        CHECK_EQ(ran.out, "ok " + std::to_string(server::routes().size()) + "\n");
    }
}
