// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/host.hpp"

#include "runner/async/task_group.hpp"
#include "runner/exec/find_program.hpp"
#include "runner/exec/process_namespace.hpp"
#include "runner/exec/script.hpp"
#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace exec = latchkey::exec;
using latchkey::async::task;
using latchkey::test::run_async;
using latchkey::test::run_to_end;
using latchkey::test::script;

}  // namespace

TEST_SUITE("exec.host") {
    TEST_CASE("conforms: with a process namespace where this machine allows it") {
        const latchkey::test::temp_dir folder;
        latchkey::test::check_backend(
            [](boost::asio::any_io_executor ex) { return latchkey::exec::make_host_backend(std::move(ex)); },
            folder.path());
    }

    TEST_CASE("conforms: without a process namespace") {
        const latchkey::test::temp_dir folder;
        latchkey::test::check_backend(
            [](boost::asio::any_io_executor ex) {
                return latchkey::exec::make_host_backend(std::move(ex), {.pid_namespace = false});
            },
            folder.path());
    }

    TEST_CASE("says what it isolates: as root with a namespace, else why not") {
        const auto with = latchkey::exec::make_host_backend({})->isolation();
        CHECK_EQ(with.own_pid_namespace, with.note.empty());
        CHECK_EQ(with.own_pid_namespace, latchkey::exec::may_make_namespaces());
        const auto without = latchkey::exec::make_host_backend({}, {.pid_namespace = false})->isolation();
        CHECK_FALSE(without.own_pid_namespace);
        CHECK_NE(without.note.find("switched off"), std::string::npos);
    }

    TEST_CASE("a limit is refused: a process of this machine would ignore it") {
        const latchkey::test::temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = exec::make_host_backend(ex);
            for (const auto& change : std::vector<std::function<void(exec::request&)>>{
                     [](exec::request& r) { r.limits.memory_bytes = 1 << 20; },
                     [](exec::request& r) { r.network = false; }}) {
                exec::request r = script({"true"}, folder.path());
                change(r);
                const auto started = co_await backend->start(std::move(r));
                REQUIRE_FALSE(started.has_value());
                CHECK_NE(started.error().what.find("can't be limited"), std::string::npos);
            }
        });
    }

    TEST_CASE("an action sees its own processes only: in a namespace with its own /proc") {
        const latchkey::test::temp_dir folder;
        latchkey::test::run_async([&](boost::asio::any_io_executor ex) -> latchkey::async::task<> {
            const auto backend = latchkey::exec::make_host_backend(ex);
            if (!backend->isolation().own_pid_namespace) {
                MESSAGE("no process namespace on this machine: " << backend->isolation().note);
                co_return;
            }
            // As the runner makes itself before it opens a secret.
            REQUIRE_EQ(::prctl(PR_SET_DUMPABLE, 0), 0);
            const auto f = co_await latchkey::test::run_to_end(
                *backend,
                latchkey::test::script({"ls /proc | grep -c '^[0-9]'",
                                        "dd if=/proc/1/mem bs=1 count=1 2>&1 | grep -o 'Permission denied'"},
                                       folder.path()));
            ::prctl(PR_SET_DUMPABLE, 1);
            // The minder, the shell, and the few of the pipeline.
            CAPTURE(f.output);
            CHECK_LT(std::stoi(f.output), 8);
            CHECK_NE(f.output.find("Permission denied\n"), std::string::npos);
        });
    }

    TEST_CASE("a namespace serves action after action: for as long as each leaves it as it was") {
        const latchkey::test::temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = exec::make_host_backend(ex);
            if (!backend->isolation().own_pid_namespace) {
                MESSAGE("no process namespace on this machine: " << backend->isolation().note);
                co_return;
            }
            const std::string which = "readlink /proc/self/ns/pid /proc/self/ns/mnt";
            const auto run = [&](std::vector<std::string> lines) -> task<std::string> {
                co_return (co_await run_to_end(*backend, script(std::move(lines), folder.path()))).output;
            };
            const std::string first = co_await run({which});
            CHECK_EQ(co_await run({which, "exit 3"}), first);
            CHECK_EQ(co_await run({which, "sleep 0 & wait"}), first);
            // What runs on ends with the action, and the namespace with it.
            CHECK_EQ(co_await run({which, "setsid sleep 1000 >/dev/null 2>&1 &"}), first);
            const std::string second = co_await run({which, "ls /proc | grep -c '^[0-9]'"});
            CHECK_NE(second.substr(0, first.size()), first);
            CHECK_LT(std::stoi(second.substr(first.size())), 6);
            // A mount is not there for the next, nor one that is gone again.
            CHECK_EQ(co_await run({"mkdir -p m", "mount -t tmpfs none m", "touch m/x", "ls m"}), "x\n");
            CHECK_EQ(co_await run({"ls m"}), "");
            const std::string third = co_await run({which, "mount -t tmpfs none m", "umount m"});
            CHECK_NE(co_await run({which}), third);
            CHECK_EQ(co_await run({"umount -l /proc", "ls /proc | wc -l"}), "0\n");
            CHECK_NE(co_await run({"ls /proc | wc -l"}), "0\n");
        });
    }

    TEST_CASE("nothing is left: a process made its child its parent's") {
        if (exec::find_program("python3").empty()) {
            MESSAGE("no python3 on this machine");
            return;
        }
        const latchkey::test::temp_dir folder;
        for (const bool with : {true, false}) {
            run_async([&](asio::any_io_executor ex) -> task<> {
                const auto backend = exec::make_host_backend(ex, {.pid_namespace = with});
                // clone(CLONE_PARENT | SIGCHLD): the runner's child, which holds the output open.
                const auto f =
                    co_await run_to_end(*backend, script({"exec python3 -c 'import ctypes, time, os\n"
                                                          "if ctypes.CDLL(None).syscall(" +
                                                          std::to_string(SYS_clone) +
                                                          ", 0x8000 | 17, 0, 0, 0, 0) == 0: time.sleep(1000)\n"
                                                          "print(\"done\")'"},
                                                         folder.path()));
                CHECK_EQ(f.output, "done\n");
                CHECK_EQ(f.status.number, 0);
            });
            siginfo_t info{};
            CHECK_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
        }
    }

    TEST_CASE("the exit status is right: this program ignored SIGCHLD, as a parent may have left it") {
        const latchkey::test::temp_dir folder;
        for (const bool with : {true, false}) {
            ::signal(SIGCHLD, SIG_IGN);
            run_async([&](asio::any_io_executor ex) -> task<> {
                const auto backend = exec::make_host_backend(ex, {.pid_namespace = with});
                const auto f = co_await run_to_end(*backend, script({"exit 7"}, folder.path()));
                CHECK_EQ(f.status.number, 7);
            });
        }
        // Ignored later on: the kernel reaped it, and no status is better than a wrong one.
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = exec::make_host_backend(ex);
            ::signal(SIGCHLD, SIG_IGN);
            auto e = co_await backend->start(script({"exit 7"}, folder.path()));
            REQUIRE(e.has_value());
            const auto status = co_await (*e)->wait();
            REQUIRE_FALSE(status.has_value());
            CHECK_NE(status.error().what.find("was lost"), std::string::npos);
        });
        ::signal(SIGCHLD, SIG_DFL);
    }

    TEST_CASE("an action leaves another's daemons alone: without a namespace, and hides its own") {
        const latchkey::test::temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = exec::make_host_backend(ex, {.pid_namespace = false});
            std::filesystem::create_directory(folder.path() / "a");
            auto a = co_await backend->start(script({"(env -i setsid /bin/sh -c 'echo up; exec /bin/sleep 1000' &)",
                                                     "trap 'exit 0' TERM", "while :; do sleep 0.01; done"},
                                                    folder.path()));
            REQUIRE(a.has_value());
            std::array<char, 16> buffer{};
            const auto n = co_await (*a)->read(asio::buffer(buffer));
            REQUIRE(n.has_value());
            // While it runs, another one ends.
            const auto b = co_await run_to_end(*backend, script({"(setsid sleep 1000 &)", "echo b"}, folder.path()));
            CHECK_EQ(b.output, "b\n");
            // The hidden daemon of the first is still there: it holds the output open, and reading does not end.
            latchkey::async::task_group group(ex);
            bool ended = false;
            constexpr auto drain = [](exec::execution& of, bool& done) -> task<> {
                std::array<char, 16> bytes{};
                for (auto n = co_await of.read(asio::buffer(bytes)); n; n = co_await of.read(asio::buffer(bytes)))
                    if (*n == 0) {
                        done = true;
                        co_return;
                    }
            };
            group.spawn(drain(**a, ended));
            co_await asio::post(ex, asio::use_awaitable);
            CHECK_FALSE(ended);
            (*a)->terminate();
            const auto status = co_await (*a)->wait();
            REQUIRE(status.has_value());
            CHECK_EQ(status->number, 0);
            co_await group.join();
            CHECK(ended);
        });
        siginfo_t info{};
        CHECK_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    }

    TEST_CASE("nothing is left: the runner was killed") {
        const latchkey::test::temp_dir folder;
        if (!exec::make_host_backend({})->isolation().own_pid_namespace) {
            MESSAGE("no process namespace on this machine");
            return;
        }
        const std::string path = (folder.path() / "alive").string();
        REQUIRE_EQ(::mkfifo(path.c_str(), 0600), 0);
        const int alive = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const pid_t runner = ::fork();
        if (runner == 0) {
            run_async([&](asio::any_io_executor ex) -> task<> {
                const auto backend = exec::make_host_backend(ex);
                co_await run_to_end(
                    *backend, script({"setsid sh -c 'exec 9>alive; echo x >&9; exec sleep 1000' &", "sleep 1000"},
                                     folder.path()));
            });
            ::_exit(1);
        }
        pollfd line{alive, POLLIN, 0};
        REQUIRE_EQ(::poll(&line, 1, 20'000), 1);
        char text[4];
        REQUIRE_EQ(::read(alive, text, sizeof text), 2);
        ::kill(runner, SIGKILL);
        REQUIRE_EQ(::waitpid(runner, nullptr, 0), runner);
        line.revents = 0;
        CHECK_EQ(::poll(&line, 1, 20'000), 1);
        CHECK_EQ(::read(alive, text, sizeof text), 0);
        ::close(alive);
    }

    TEST_CASE("it says which shell is missing: PowerShell is not installed") {
        if (!exec::program_of(exec::shell::powershell).empty()) {
            MESSAGE("PowerShell is installed");
            return;
        }
        const latchkey::test::temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = exec::make_host_backend(ex);
            auto r = script({"Write-Output x"}, folder.path());
            r.shell = exec::shell::powershell;
            const auto e = co_await backend->start(std::move(r));
            REQUIRE_FALSE(e.has_value());
            CHECK_EQ(e.error().what, "can't execute \"test\": its shell, pwsh, is not installed");
        });
    }
}
