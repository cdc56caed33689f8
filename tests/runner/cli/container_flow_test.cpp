// SPDX-License-Identifier: Apache-2.0
//
// Actions with images, with the real program on real engines.
#include "runner/engine/containers.hpp"
#include "tests/runner/cli/engine_session.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <functional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using latchkey::test::on_each;
using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;
using latchkey::test::test_engine;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

std::size_t containers_of_latchkey(const test_engine& e) {
    std::size_t count = 0;
    latchkey::test::run_async([&](boost::asio::any_io_executor ex) -> latchkey::async::task<> {
        latchkey::engine::client client(ex, e.socket);
        const auto ids = co_await latchkey::engine::containers_with_label(client, "latchkey.executor");
        REQUIRE(ids.has_value());
        count = ids->size();
    });
    return count;
}

}  // namespace

TEST_SUITE("cli.container") {
    TEST_CASE(
        "a pipeline runs in its images: workspace, directory, variables, caches, and what stays on this machine") {
        on_each([](const test_engine& e, session& s) {
            s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: IMAGE_TAG, value: 1}
  actions:
    - action: Build
      type: BUILD
      docker_image_name: localhost/latchkey-test
      docker_image_tag: $IMAGE_TAG
      working_directory: /buddy/shop
      volume_mappings: ["/:/buddy/shop"]
      cached_dirs: [/root/.cache]
      setup_commands: ["echo tool > /usr/bin/tool"]
      execute_commands:
        - pwd
        - cat /usr/bin/tool
        - echo cached >> /root/.cache/count
        - echo built by $BUDDY_PIPELINE_NAME in $(cat /etc/passwd | head -n 1 | cut -d ':' -f 6) > out
    - action: Look
      type: NATIVE_BUILD_LINUX
      commands: ["cat out; test -d /proc/1 && echo on this machine $PATH"]
)yml");
            const said first = s.latchkey({"run"});
            CAPTURE(first.out);
            CHECK_EQ(first.code, 0);
            CHECK_EQ(read_file(s.project() / "out"), "built by p in /root\n");
            const said log = s.latchkey({"logs", "1"});
            CHECK(has(log, "executing setup_commands"));
            CHECK(has(log, "/buddy/shop\ntool\n"));
            const said second = s.latchkey({"run"});
            CHECK_EQ(second.code, 0);
            CHECK_FALSE(has(s.latchkey({"logs", "2"}), "setup_commands"));
            CHECK_EQ(read_file(s.data() / "latchkey/caches/1/root%.cache/count"), "cached\ncached\n");
            CHECK_EQ(containers_of_latchkey(e), 0);
        });
    }

    TEST_CASE("denied, granted, retried: a credential reaches its action in a container and nobody else") {
        on_each([](const test_engine&, session& s) {
            s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - action: Before
      type: BUILD
      docker_image_name: localhost/latchkey-test:1
      execute_commands: ['test -z "$GITHUB_TOKEN"']
    - action: Use
      type: BUILD
      docker_image_name: localhost/latchkey-test:1
      integration: hub
      execute_commands: ['echo token is $GITHUB_TOKEN', 'echo $GITHUB_TOKEN > kept']
    - action: After
      type: BUILD
      docker_image_name: localhost/latchkey-test:1
      execute_commands: ['test -z "$GITHUB_TOKEN" && cat kept']
)yml");
            REQUIRE_EQ(s.latchkey({"integration", "add", "hub", "--type", "GIT_HUB", "--identifier", "hub", "--field",
                                   "token=-"},
                                  "ghp_0123456789abcdefABCDEF\n")
                           .code,
                       0);
            CHECK_EQ(s.latchkey({"run"}).code, 4);
            const said retried = s.latchkey({"retry", "1", "--grant"});
            CAPTURE(retried.out);
            CHECK_EQ(retried.code, 0);
            const said log = s.latchkey({"logs", "1"});
            CHECK(has(log, "token is ***"));
            CHECK_FALSE(has(log, "ghp_0123456789abcdefABCDEF"));
            CHECK(s.files_with("ghp_0123456789abcdefABCDEF").empty());
        });
    }

    TEST_CASE("--image-for runs another image than the one that is named: said, planned, and the same for a retry") {
        on_each([](const test_engine&, session& s) {
            s.write("buddy.yml",
                    "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, docker_image_name: node, "
                    "docker_image_tag: 22, execute_commands: ['test ! -e fail && head -c 4 /etc/passwd']}\n");
            s.write("fail", "");
            const std::string other = "node:*=localhost/latchkey-test:1";
            const said plan = s.latchkey({"plan", "--image-for", other});
            CHECK(has(plan, "images\n  node:22  localhost/latchkey-test:1  A\n"));
            CHECK_EQ(s.latchkey({"run", "--image-for", other}).code, 1);
            std::filesystem::remove(s.project() / "fail");
            CHECK_EQ(s.latchkey({"retry", "1"}).code, 0);
            const said log = s.latchkey({"logs", "1"});
            CHECK(has(log, "the image localhost/latchkey-test:1 stands in for node:22\nroot"));
            const said wrong = s.latchkey({"run", "--image-for", "node"});
            CHECK_EQ(wrong.code, 2);
            CHECK(has(wrong, "\"node=\" can't replace an image: write PATTERN=IMAGE"));
        });
    }

    TEST_CASE("no engine: it is said before anything starts, with the sockets tried and the way out") {
        session s;
        s.set("DOCKER_HOST", "unix:///nowhere/docker.sock");
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, docker_image_name: node, "
                "docker_image_tag: 22, execute_commands: ['true']}\n");
        const said run = s.latchkey({"run"});
        CHECK_EQ(run.code, 5);
        CHECK_EQ(
            run.out,
            "latchkey: the action \"A\" asks for the image node:22, and no container engine answers at "
            "/nowhere/docker.sock: No such file or directory: start Docker or Podman's service, or say --backend "
            "host to run it on this machine, without the image\n");
        CHECK(has(s.latchkey({"doctor"}), "no container engine answers at /nowhere/docker.sock"));
        CHECK_EQ(s.latchkey({"run", "--backend", "host"}).code, 0);
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK(has(s.latchkey({"run", "--backend", "container"}), "names no image: --backend container can't run it"));
    }

    TEST_CASE("over its time: the container is asked to end, and is gone") {
        on_each([](const test_engine& e, session& s) {
            s.write("buddy.yml",
                    "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, timeout: 1, docker_image_name: "
                    "'localhost/latchkey-test:1', execute_commands: ['trap \"echo asked; exit 1\" TERM; "
                    "while :; do sleep 0.1; done']}\n");
            const said run = s.latchkey({"run"});
            CHECK_EQ(run.code, 1);
            CHECK(has(run, "took longer than its 1 seconds"));
            CHECK(has(s.latchkey({"logs", "1"}), "asked"));
            CHECK_EQ(containers_of_latchkey(e), 0);
        });
    }

    TEST_CASE("the runner killed: the next command removes what it left running, and the run has failed") {
        on_each([](const test_engine& e, session& s) {
            REQUIRE_EQ(::mkfifo((s.project() / "started").c_str(), 0600), 0);
            s.write("buddy.yml",
                    "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, docker_image_name: "
                    "'localhost/latchkey-test:1', execute_commands: ['echo > started; sleep 1000']}\n");
            const int pid = ::fork();
            if (pid == 0) {
                ::setenv("XDG_DATA_HOME", s.data().c_str(), 1);
                ::setenv("HOME", s.data().parent_path().c_str(), 1);
                ::setenv("DOCKER_HOST", ("unix://" + e.socket).c_str(), 1);
                if (::chdir(s.project().c_str()) == 0) ::execl(LATCHKEY_PROGRAM, "latchkey", "run", nullptr);
                ::_exit(127);
            }
            CHECK_EQ(read_file(s.project() / "started"), "\n");
            REQUIRE_EQ(::kill(pid, SIGKILL), 0);
            ::waitpid(pid, nullptr, 0);
            CHECK_EQ(containers_of_latchkey(e), 1);
            const said runs = s.latchkey({"retry", "1", "--only", "none"});
            CHECK(has(runs, "has no action"));
            CHECK_EQ(containers_of_latchkey(e), 0);
            CHECK(has(s.latchkey({"runs"}), "failed"));
        });
    }

    TEST_CASE("services run beside their action: reached by name, with a password that no log shows") {
        on_each([](const test_engine&, session& s) {
            s.write("pw.env", "DB_PASSWORD=pw-from-a-file-91\n");
            ::chmod((s.project() / "pw.env").c_str(), 0600);
            s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: DB_PASSWORD, encrypted: true}
    - {key: PORT, value: 8081}
  actions:
    - action: Test
      type: BUILD
      docker_image_name: localhost/latchkey-test
      docker_image_tag: 1
      execute_commands: ["wget -q -O - http://web:8081/about"]
      services:
        - type: CUSTOM
          docker_image_name: localhost/latchkey-test
          docker_image_tag: 1
          connection: {host: web, port: $PORT}
          variables: [{key: GREETING, value: hello from the service}]
          command: mkdir /www; echo $GREETING > /www/about; exec httpd -f -p 8081 -h /www
)yml");
            const said run = s.latchkey({"run", "--output", "--secret-file", "pw.env"});
            CAPTURE(run.out);
            CHECK_EQ(run.code, 0);
            CHECK(has(run, "the service web is ready\n"));
            CHECK(has(run, "hello from the service\n"));
            CHECK(has(s.latchkey({"run", "--backend", "host", "--secret-file", "pw.env"}),
                      "services run beside containers: none is started"));
        });
    }

    TEST_CASE("services without an image to run beside are refused before anything starts") {
        on_each([](const test_engine&, session& s) {
            s.write("buddy.yml",
                    "- pipeline: p\n  actions:\n    - action: Test\n      type: BUILD\n"
                    "      execute_commands: ['true']\n      services: [{type: REDIS}]\n");
            const said run = s.latchkey({"run"});
            CHECK_EQ(run.code, 2);
            CHECK(has(run, "asks for services, which run beside a container"));
        });
    }

    TEST_CASE(
        "--checkout in a container: the commit's files, what it leaves is kept, and the work tree is not seen") {
        on_each([](const test_engine& e, session& s) {
            CAPTURE(e.name);
            s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - action: Build
      type: BUILD
      docker_image_name: localhost/latchkey-test
      docker_image_tag: 1
      working_directory: /buddy/shop
      volume_mappings: ["/:/buddy/shop"]
      execute_commands: ["cat a.txt >> seen", "test ! -e .git", "test ! -e here-only"]
)yml");
            s.write("a.txt", "committed\n");
            const said made = s.program({"/bin/sh", "-c",
                                         "git init -q -b main && git add . && git -c user.name=Ana -c "
                                         "user.email=ana@acme.test commit -q -m first"});
            REQUIRE_EQ(made.code, 0);
            s.write("a.txt", "changed\n");
            s.write("here-only", "x");
            for (int run = 0; run < 2; ++run) {
                const said done = s.latchkey({"run", "--checkout"});
                CAPTURE(done.out);
                CAPTURE(s.latchkey({"logs", std::to_string(run + 1)}).out);
                CHECK_EQ(done.code, 0);
            }
            CHECK_EQ(read_file(s.data() / "latchkey/filesystems/1/shop/seen"), "committed\ncommitted\n");
            CHECK_FALSE(std::filesystem::exists(s.project() / "seen"));
            CHECK_EQ(containers_of_latchkey(e), 0);
        });
    }
}
