// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/host.hpp"

#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sys/prctl.h>
#include <unistd.h>

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
        if (::getuid() == 0) CHECK(with.own_pid_namespace);
        const auto without = latchkey::exec::make_host_backend({}, {.pid_namespace = false})->isolation();
        CHECK_FALSE(without.own_pid_namespace);
        CHECK_NE(without.note.find("switched off"), std::string::npos);
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
}
