// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/capture.hpp"

#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

using latchkey::exec::capture;

TEST_SUITE("exec.capture") {
    TEST_CASE("output, errors and exit code come back: each apart") {
        const auto c = capture({"sh", "-c", "echo out; echo err >&2; exit 3"}, "/");
        REQUIRE(c.has_value());
        CHECK_EQ(c->output, "out\n");
        CHECK_EQ(c->errors, "err\n");
        CHECK_EQ(c->exit_code, 3);
    }

    TEST_CASE("a signal is told as shells do: 128 and its number") {
        const auto c = capture({"sh", "-c", "kill -9 $$"}, "/");
        REQUIRE(c.has_value());
        CHECK_EQ(c->exit_code, 137);
    }

    TEST_CASE("much arrives whole on both: neither blocks the other") {
        const auto c = capture({"sh", "-c", "head -c 3000000 /dev/zero >&2; head -c 2000000 /dev/zero"}, "/");
        REQUIRE(c.has_value());
        CHECK_EQ(c->output.size(), 2'000'000);
        CHECK_EQ(c->errors.size(), 3'000'000);
    }

    TEST_CASE("it gets little of our environment: the usual folders only") {
        ::setenv("LATCHKEY_TEST_SECRET_OF_THE_RUNNER", "leaked", 1);
        const auto c = capture({"env"}, "/");
        ::unsetenv("LATCHKEY_TEST_SECRET_OF_THE_RUNNER");
        REQUIRE(c.has_value());
        CHECK_NE(c->output.find("PATH="), std::string::npos);
        CHECK_EQ(c->output.find("leaked"), std::string::npos);
    }

    TEST_CASE("it starts where asked, with empty input: a folder and cat") {
        const latchkey::test::temp_dir folder;
        const auto c = capture({"sh", "-c", "pwd; cat"}, folder.path());
        REQUIRE(c.has_value());
        CHECK_EQ(c->output, std::filesystem::canonical(folder.path()).string() + "\n");
    }

    TEST_CASE("what is asked for: descriptors from 3 on, and variables in place of the usual ones") {
        int ends[2];
        REQUIRE_EQ(::pipe2(ends, O_CLOEXEC), 0);
        REQUIRE_EQ(::write(ends[1], "given\n", 6), 6);
        ::close(ends[1]);
        latchkey::exec::capture_request request;
        request.arguments = {"sh", "-c", "cat <&3; echo $HOME; env | grep -c ^HOME="};
        request.directory = "/";
        request.environment = {"HOME=/elsewhere"};
        request.inherited = {ends[0]};
        const auto c = capture(request);
        ::close(ends[0]);
        REQUIRE(c.has_value());
        CHECK_EQ(c->output, "given\n/elsewhere\n1\n");
    }

    TEST_CASE("fails: too slow, also once its output is closed, and too much") {
        const auto slow = capture({"sleep", "1000"}, "/", std::chrono::milliseconds(30));
        REQUIRE_FALSE(slow.has_value());
        CHECK_EQ(slow.error().what, "sleep took longer than 30 ms");
        const auto closed = capture({"sh", "-c", "exec >&- 2>&-; sleep 1000"}, "/", std::chrono::milliseconds(30));
        REQUIRE_FALSE(closed.has_value());
        CHECK_EQ(closed.error().what, "sh took longer than 30 ms");
        const auto much = capture({"cat", "/dev/zero"}, "/");
        REQUIRE_FALSE(much.has_value());
        CHECK_EQ(much.error().what, "cat printed more than 16 MB");
    }

    TEST_CASE("fails: there is no such program, folder or name") {
        const auto missing = capture({"latchkey-no-such-program"}, "/");
        REQUIRE_FALSE(missing.has_value());
        CHECK_EQ(missing.error().what, "can't find the program latchkey-no-such-program");
        const auto nowhere = capture({"true"}, "/nowhere");
        REQUIRE_FALSE(nowhere.has_value());
        CHECK_EQ(nowhere.error().what, "can't start in /nowhere: No such file or directory");
        CHECK_FALSE(capture({}, "/").has_value());
    }
}
