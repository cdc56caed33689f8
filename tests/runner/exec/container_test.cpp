// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/container.hpp"

#include "runner/engine/containers.hpp"
#include "runner/exec/host.hpp"
#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/runner/exec/container_world.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/engine.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/buffer.hpp>
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace engine = latchkey::engine;
namespace exec = latchkey::exec;
using latchkey::errc;
using latchkey::async::task;
using latchkey::test::backend_on;
using latchkey::test::each;
using latchkey::test::finished;
using latchkey::test::in_container;
using latchkey::test::left_on;
using latchkey::test::mark;
using latchkey::test::on_each;
using latchkey::test::run_async;
using latchkey::test::run_to_end;
using latchkey::test::temp_dir;
using latchkey::test::test_engine;

}  // namespace

TEST_SUITE("exec.container") {
    TEST_CASE("conforms: on Docker") {
        for (const test_engine& e : latchkey::test::test_engines()) {
            if (e.name != "docker") continue;
            REQUIRE_MESSAGE(!e.socket.empty(), e.why_not);
            const temp_dir folder;
            latchkey::test::check_backend(
                [&](asio::any_io_executor ex) { return backend_on(e, ex); }, folder.path(),
                {[&](exec::request& r) { r.container = in_container({}, folder.path()).container; }, false, 6, true});
        }
    }

    TEST_CASE("conforms: on Podman") {
        for (const test_engine& e : latchkey::test::test_engines()) {
            if (e.name != "podman") continue;
            REQUIRE_MESSAGE(!e.socket.empty(), e.why_not);
            const temp_dir folder;
            latchkey::test::check_backend(
                [&](asio::any_io_executor ex) { return backend_on(e, ex); }, folder.path(),
                {[&](exec::request& r) { r.container = in_container({}, folder.path()).container; }, false, 6, true});
        }
    }

    TEST_CASE("its exit code: at once, and where it goes on for long after its output has ended") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            const auto at_once = co_await run_to_end(b, in_container({"exit 7"}, folder));
            CHECK((at_once.status == exec::exit_status{false, 7}));
            const auto late =
                co_await run_to_end(b, in_container({"echo said", "exec >&- 2>&-", "sleep 0.5", "exit 8"}, folder));
            CHECK_EQ(late.output, "said\n");
            CHECK((late.status == exec::exit_status{false, 8}));
        });
    }

    TEST_CASE("no secret is in what the engine tells of the container, nor on its disk") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            const latchkey::vault::secret token(std::string("tok-3f9a77e1c2"));
            const latchkey::vault::secret key(std::string("key-88aa11bb22"));
            exec::request r = in_container({"test \"$TOKEN\" = tok-3f9a77e1c2", "grep -q key-88aa11bb22 $KEY_FILE",
                                            "echo ready $TOKEN", "read line < go"},
                                           folder);
            r.secrets = {{"TOKEN", &token}};
            r.files = {{"KEY_FILE", "key.pem", &key}};
            REQUIRE_EQ(::mkfifo((folder / "go").c_str(), 0600), 0);
            auto started = co_await b.start(std::move(r));
            REQUIRE_MESSAGE(started.has_value(), started.error().what);
            std::array<char, 256> buffer{};
            const auto n = co_await (*started)->read(asio::buffer(buffer));
            REQUIRE(n.has_value());
            CHECK_EQ(std::string(buffer.data(), *n), "ready tok-3f9a77e1c2\n");

            engine::client client(co_await asio::this_coro::executor, e.socket);
            const auto ids = co_await engine::containers_with_label(client, std::string("latchkey.executor=") + mark);
            REQUIRE(ids.has_value());
            REQUIRE_EQ(ids->size(), 1);
            const auto facts = co_await engine::inspect_container(client, ids->front());
            REQUIRE(facts.has_value());
            CHECK(facts->running);
            const auto other = co_await run_to_end(
                b, in_container({"cat /run/latchkey/* /proc/*/environ /proc/*/cmdline 2>/dev/null; env"}, folder));
            // An action on this machine neither: what all are handed lies where it sees nothing.
            const auto host = exec::make_host_backend(co_await asio::this_coro::executor);
            const auto sibling = co_await run_to_end(
                *host, latchkey::test::script(
                           {"cat /run/latchkey-*/*/*/* /dev/shm/latchkey-*/*/*/* /proc/*/environ 2>/dev/null || :"},
                           folder));
            const std::string disk = e.socket.substr(0, e.socket.rfind('/'));
            for (const std::string secret : {"tok-3f9a77e1c2", "key-88aa11bb22"}) {
                CHECK_EQ(facts->whole.find(secret), std::string::npos);
                CHECK_EQ(other.output.find(secret), std::string::npos);
                CHECK_EQ(sibling.output.find(secret), std::string::npos);
                const std::string look =
                    "grep -rqs --exclude-dir=merged " + secret + " " + disk + " " + folder.string();
                CHECK_NE(std::system(look.c_str()), 0);
                // The pattern does not match itself.
                const std::string pattern = "'[" + secret.substr(0, 1) + "]" + secret.substr(1) + "'";
                CHECK_NE(std::system(("grep -qs " + pattern + " /proc/[0-9]*/cmdline").c_str()), 0);
            }
            latchkey::test::write_file(folder / "go", "\n");
            const auto end = co_await (*started)->wait();
            REQUIRE(end.has_value());
            CHECK((*end == exec::exit_status{false, 0}));
        });
    }

    TEST_CASE("an action that is another user reads what it is handed, and only it") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            const latchkey::vault::secret token(std::string("token"));
            exec::request r = in_container({"id -u", "cat $KEY_FILE", "echo $TOKEN"}, folder);
            r.container->user = "nobody";
            r.secrets = {{"TOKEN", &token}};
            r.files = {{"KEY_FILE", "key.pem", &token}};
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_EQ(f.output, "65534\ntokentoken\n");
            CHECK_EQ(f.status.number, 0);
        });
    }

    TEST_CASE("the workspace is shared, mounts are as asked for, and the machine's environment stays outside") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            latchkey::test::write_file(folder / "in", "from outside\n");
            exec::request r = in_container({"pwd", "cat in", "echo from inside > out",
                                            "echo x > /fixed/in || echo kept", "echo $HOME_OF_MACHINE."},
                                           folder);
            r.container->mounts = {{folder, "/buddy/project", false}, {folder, "/fixed", true}};
            r.container->working_directory = "/buddy/project";
            r.machine_environment = {{"HOME_OF_MACHINE", "here"}};
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_NE(f.output.find("/buddy/project\nfrom outside\n"), std::string::npos);
            CHECK_NE(f.output.find("kept\n.\n"), std::string::npos);
            CHECK_EQ(latchkey::test::read_file(folder / "out"), "from inside\n");
        });
    }

    TEST_CASE("limits hold: memory, processes") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            exec::request big = in_container({"head -c 200000000 /dev/zero | tail -c 200000000 | wc -c"}, folder);
            big.execute_every_command = true;
            big.limits.memory_bytes = 32UL << 20U;
            big.shell = exec::shell::bash;
            big.commands.insert(big.commands.begin(), "set -o pipefail");
            CHECK_NE((co_await run_to_end(b, std::move(big))).status.number, 0);
            exec::request many = in_container(
                {"for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 100 & done"}, folder);
            many.limits.pids = 10;
            const finished f = co_await run_to_end(b, std::move(many));
            CHECK_NE(f.status.number, 0);
        });
    }

    TEST_CASE("an image that can't be had is a failure that names it") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            exec::request r = in_container({"true"}, folder);
            r.container->image = "127.0.0.1:1/nowhere/image:7";
            std::vector<std::string> said;
            r.say = [&said](const std::string& line) { said.push_back(line); };
            const auto started = co_await b.start(std::move(r));
            REQUIRE_FALSE(started.has_value());
            CHECK_EQ(started.error().code, errc::engine);
            CHECK_NE(started.error().what.find("can't execute \"test\": the container engine can't pull the image "
                                               "127.0.0.1:1/nowhere/image:7: "),
                     std::string::npos);
            REQUIRE_FALSE(said.empty());
            CHECK_EQ(said.front(), "pulling the image 127.0.0.1:1/nowhere/image:7");
        });
    }

    TEST_CASE(
        "setup commands run once for an image, their failure is the action's, and secrets stay out of the image") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            const latchkey::vault::secret token(std::string("tok-5500aa"));
            const auto action = [&](const std::string& version) {
                exec::request r = in_container({"cat /made"}, folder);
                r.container->setup_commands = {"echo setting up",
                                               "echo \"made $VERSION ${TOKEN:-no token}\" > /made"};
                r.environment.emplace_back("VERSION", version);
                r.secrets = {{"TOKEN", &token}};
                return r;
            };
            for (const auto& [version, lines] :
                 {std::pair<std::string, std::size_t>("one", 2), {"one", 0}, {"two", 2}}) {
                std::vector<std::string> said;
                exec::request r = action(version);
                r.say = [&said](const std::string& line) { said.push_back(line); };
                const finished f = co_await run_to_end(b, std::move(r));
                CHECK_EQ(f.status.number, 0);
                CHECK_EQ(f.output, "made " + version + " no token\n");
                CHECK_EQ(said.size(), lines);
                if (lines > 0) CHECK_EQ(said.back(), "setting up");
            }
            exec::request bad = action("three");
            bad.container->setup_commands = {"exit 9"};
            const auto started = co_await b.start(std::move(bad));
            REQUIRE_FALSE(started.has_value());
            CHECK_NE(started.error().what.find("a setup command failed with exit code 9"), std::string::npos);
            (void)e;
        });
    }

    TEST_CASE("what a killed runner left running is removed by its mark") {
        on_each([](const test_engine& e) {
            const temp_dir folder;
            // The runner, killed as soon as its action runs.
            const int pid = ::fork();
            if (pid == 0) {
                run_async([&](asio::any_io_executor ex) -> task<> {
                    const auto backend = backend_on(e, ex);
                    auto started = co_await backend->start(in_container({"sleep 1000"}, folder.path()));
                    if (started) ::kill(::getpid(), SIGKILL);
                    ::_exit(1);
                });
                ::_exit(2);
            }
            int status = 0;
            REQUIRE_EQ(::waitpid(pid, &status, 0), pid);
            REQUIRE(WIFSIGNALED(status));
            run_async([&](asio::any_io_executor ex) -> task<> {
                CHECK_EQ(co_await left_on(e, ex), 1);
                engine::client client(ex, e.socket);
                CHECK((co_await exec::remove_left_by(client, "somebody.else")).has_value());
                CHECK_EQ(co_await left_on(e, ex), 1);
                CHECK((co_await exec::remove_left_by(client, mark)).has_value());
                CHECK_EQ(co_await left_on(e, ex), 0);
            });
        });
    }
}
