// SPDX-License-Identifier: Apache-2.0
//
// DOCKERFILE and DOCKER_PUSH, with the real program, real engines and a registry that asks for a password.
#include "runner/engine/images.hpp"
#include "tests/runner/cli/engine_session.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <functional>

using latchkey::test::on_each;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;
using latchkey::test::test_engine;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void on_engine(const test_engine& e, const std::function<latchkey::async::task<>(latchkey::engine::client&)>& body) {
    latchkey::test::run_async([&](boost::asio::any_io_executor ex) -> latchkey::async::task<> {
        latchkey::engine::client client(ex, e.socket);
        co_await body(client);
    });
}

// Whether the registry gives the image to who logs in so.
bool pulls(const test_engine& e, const std::string& image, const std::string& password) {
    bool good = false;
    on_engine(e, [&](latchkey::engine::client& client) -> latchkey::async::task<> {
        (void)co_await latchkey::engine::remove_image(client, image);
        const latchkey::engine::registry_login login{image.substr(0, image.find('/')), "ana", password};
        const auto pulled = co_await latchkey::engine::pull_image(client, image, login, [](const std::string&) {});
        good = pulled.has_value();
    });
    return good;
}

}  // namespace

TEST_SUITE("cli.image") {
    TEST_CASE("run in what the run has built: by the build's name, and none where nothing was built") {
        on_each([](const test_engine&, session& s) {
            s.write("app/Dockerfile", "FROM localhost/latchkey-test:1\nRUN echo built > /made\n");
            s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Build it, type: DOCKERFILE, dockerfile_path: app/Dockerfile}
    - {action: Test, type: RUN_DOCKER_CONTAINER, use_image_from_action: true, docker_build_action_name: Build it,
       mount_filesystem_disable: true, entrypoint: /bin/bash, inline_commands: "cat /made; echo in $BASH"}
    - {action: Again, type: BUILD, image_location: ACTION, execute_commands: [cat /made, ls app]}
- pipeline: q
  actions:
    - {action: Test, type: RUN_DOCKER_CONTAINER, use_image_from_action: true, inline_commands: cat /made}
)yml");
            const said run = s.latchkey({"run", "p"});
            const said log = s.latchkey({"logs", "1"});
            CAPTURE(run.out);
            CAPTURE(log.out);
            CHECK_EQ(run.code, 0);
            CHECK(has(log.out, "built\nin /bin/bash"));
            CHECK(has(log.out, "built\nDockerfile"));
            const said none = s.latchkey({"run", "q"});
            CAPTURE(none.out);
            CHECK_EQ(none.code, 1);
            CHECK(has(none.out, "no action of this run has built the image"));
        });
    }

    TEST_CASE("built from a Dockerfile, pushed with a password that nobody sees, and there") {
        on_each([](const test_engine& e, session& s) {
            const server registry("runner/native/servers/registry.sh");
            const std::string host = "127.0.0.1:" + registry.port();
            s.write("app/Dockerfile",
                    "FROM localhost/latchkey-test:1\nARG GREETING\nCOPY text /text\nENV GREETING=$GREETING\n");
            s.write("app/text", "from the workspace\n");
            s.write("app/.dockerignore", "left-out\n");
            s.write("app/left-out", "x");
            s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: REGISTRY_PASSWORD, value: 'secure!x', encrypted: true}
    - {key: TAG, value: v7}
  actions:
    - action: Build
      type: DOCKERFILE
      dockerfile_path: app/Dockerfile
      build_args: ['GREETING=hello $TAG']
    - action: Push
      type: DOCKER_PUSH
      registry: http://)yml" + host + R"yml(
      insecure_registry: true
      repository: team/app
      docker_image_tag: $TAG,latest
      login: ana
      password: $REGISTRY_PASSWORD
)yml");
            const said run = s.latchkey({"run", "--secret-file", "-"}, "REGISTRY_PASSWORD=pass word\n");
            const said log = s.latchkey({"logs", "1"});
            CAPTURE(run.out);
            CAPTURE(log.out);
            REQUIRE_EQ(run.code, 0);
            CHECK(has(log.out, "pushing " + host + "/team/app:v7"));
            CHECK_FALSE(has(log.out, "pass word"));
            if (e.name != "podman") {  // Podman's pull would ask over TLS
                CHECK(pulls(e, host + "/team/app:v7", "pass word"));
                CHECK(pulls(e, host + "/team/app:latest", "pass word"));
                CHECK_FALSE(pulls(e, host + "/team/app:latest", "wrong"));
            }
        });
    }

    TEST_CASE("said: a build that fails, a push that nothing was built for, a Dockerfile that is not there") {
        on_each([](const test_engine&, session& s) {
            s.write("Dockerfile", "FROM localhost/latchkey-test:1\nCOPY nothing /x\n");
            s.write(
                "buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: B, type: DOCKERFILE, dockerfile_path: Dockerfile}\n"
                "- pipeline: q\n  actions:\n    - {action: P, type: DOCKER_PUSH, repository: team/app}\n"
                "- pipeline: r\n  actions:\n    - {action: B, type: DOCKERFILE, dockerfile_path: ../Dockerfile}\n");
            CHECK_EQ(s.latchkey({"run", "p"}).code, 1);
            CHECK(has(s.latchkey({"logs", "1"}).out, "the image can't be built"));
            CHECK_EQ(s.latchkey({"run", "q"}).code, 1);
            CHECK(has(s.latchkey({"logs", "2"}).out, "no action of this run has built an image"));
            CHECK_EQ(s.latchkey({"run", "r"}).code, 1);
            CHECK(has(s.latchkey({"logs", "3"}).out, "\"../Dockerfile\" is not in the workspace"));
        });
    }

    TEST_CASE("without an engine: said before anything starts") {
        session s;
        s.set("DOCKER_HOST", "unix:///nowhere/docker.sock");
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: [touch ran]}\n"
                "    - {action: B, type: DOCKERFILE, dockerfile_path: Dockerfile}\n");
        const said run = s.latchkey({"run"});
        CHECK_EQ(run.code, 5);
        CHECK(has(run.out, "the action \"B\" works with images, and "));
        CHECK(has(run.out, "start Docker or Podman's service"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "ran"));
    }
}
