// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/exec/backend_conformance.hpp"

#include "runner/async/task_group.hpp"
#include "runner/exec/exported.hpp"
#include "tests/runner/exec/lifeline.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/golden.hpp"

#include <boost/asio/buffer.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <stdexcept>
#include <sys/wait.h>

namespace latchkey::test {
namespace {

namespace asio = boost::asio;
using async::task;

bool no_child_is_left() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1 && errno == ECHILD;
}

// Reads until `text` has come. Fails the test on the end of output.
task<> read_until(exec::execution& e, std::string text) {
    std::string seen;
    std::array<char, 4096> buffer{};
    while (seen.find(text) == std::string::npos) {
        const auto n = co_await e.read(asio::buffer(buffer));
        if (!n || *n == 0) throw std::runtime_error("the output ended before " + text);
        seen.append(buffer.data(), *n);
    }
}

struct suite {
    const backend_factory& make;
    const std::filesystem::path& folder;
    const backend_traits& traits;

    exec::request script(std::vector<std::string> commands, const std::filesystem::path& in) const {
        exec::request r = test::script(std::move(commands), in);
        if (traits.prepare) traits.prepare(r);
        return r;
    }
    exec::exit_status signal(int number) const {
        return traits.tells_signals ? exec::exit_status{true, number} : exec::exit_status{false, 128 + number};
    }

    void run(const std::function<task<>(exec::backend&)>& body) const {
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = make(ex);
            co_await body(*backend);
            co_await backend->close();
        });
    }

    void one(std::vector<std::string> commands, std::string output, exec::exit_status status) const {
        run([&](exec::backend& b) -> task<> {
            const finished f = co_await run_to_end(b, script(commands, folder));
            CHECK_EQ(f.output, output);
            CHECK_EQ(f.status.signalled, status.signalled);
            CHECK_EQ(f.status.number, status.number);
        });
    }

    void scripts() const {
        one({"echo one", "echo two >&2", "echo three"}, "one\ntwo\nthree\n", {});
        one({"true", "exit 7", "echo never"}, "", {false, 7});
        one({"echo before", "false", "echo after"}, "before\n", {false, 1});
        one({"cd /", "export A=b", "echo $PWD $A"}, "/ b\n", {});
        one({"if false; then", "echo yes", "else", "echo no", "fi"}, "no\n", {});
        one({"cat <<END", "in here", "END"}, "in here\n", {});
        one({"echo a \\", "b"}, "a b\n", {});
        one({"false | true", "false || echo or", "echo end"}, "or\nend\n", {});
        one({"", "# only a comment", "echo x"}, "x\n", {});
        one({}, "", {});
        one({"cat"}, "", {});  // standard input is empty
        one({"kill -9 $$"}, "", signal(SIGKILL));
        one({"kill -TERM $$"}, "", signal(SIGTERM));
        one({"kill -SEGV $$"}, "", signal(SIGSEGV));
        one({"echo \"$0\""}, "test\n", {});
        one({"exec 3>/dev/null; echo x >&3"}, "", {});
        // Standard input, output and error, and the listing's own.
        one({"ls /proc/self/fd"}, "0\n1\n2\n3\n", {});
        run([this](exec::backend& b) -> task<> {
            exec::request r = script({"false", "echo after"}, folder);
            r.execute_every_command = true;
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_EQ(f.output, "after\n");
            CHECK((f.status == exec::exit_status{false, 0}));
        });
        run([this](exec::backend& b) -> task<> {
            exec::request r = script({"a=(1 2 3)", "echo ${#a[@]}"}, folder);
            r.shell = exec::shell::bash;
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_EQ(f.output, "3\n");
        });
    }

    void sizes() const {
        run([this](exec::backend& b) -> task<> {
            // Longer than any argument may be.
            for (const auto shell : {exec::shell::sh, exec::shell::bash}) {
                std::vector<std::string> commands(30'000, ": a command that takes its place in a long script");
                commands.emplace_back("ls /proc/self/fd");
                commands.emplace_back("exit 5");
                exec::request r = script(commands, folder);
                r.shell = shell;
                const finished f = co_await run_to_end(b, std::move(r));
                CHECK_EQ(f.output, "0\n1\n2\n3\n");
                CHECK((f.status == exec::exit_status{false, 5}));
            }
        });
        run([this](exec::backend& b) -> task<> {
            auto e = co_await b.start(script({"head -c 100000000 /dev/zero"}, folder));
            std::vector<char> buffer(1 << 18);
            std::size_t total = 0;
            for (;;) {
                const auto n = co_await (*e)->read(asio::buffer(buffer));
                REQUIRE(n.has_value());
                if (*n == 0) break;
                total += *n;
            }
            CHECK_EQ(total, 100'000'000);
            CHECK((co_await (*e)->wait()).has_value());
        });
    }

    void environment() const {
        ::setenv("LATCHKEY_TEST_SECRET_OF_THE_RUNNER", "leaked", 1);
        run([this](exec::backend& b) -> task<> {
            const vault::secret token(std::string("token value"));
            const vault::secret key(std::string("-----BEGIN KEY-----\n"));
            exec::request r =
                script({"env | sort", "cat $KEY_FILE", "ls $KEY_FOLDER", "stat -c %a $KEY_FILE"}, folder);
            r.environment = {
                {"PATH", "/usr/bin:/bin"}, {"TWICE", "first"}, {"TWICE", "last"}, {"SPECIAL", "a=b 'c' \"d\"\nnext"}};
            r.secrets = {{"TOKEN", &token}};
            r.files = {{"KEY_FILE", "key.pem", &key, false}, {"KEY_FOLDER", "config.json", &key, true}};
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_EQ(f.status.number, 0);
            CHECK_NE(f.output.find("TOKEN=token value\n"), std::string::npos);
            CHECK_NE(f.output.find("SPECIAL=a=b 'c' \"d\"\n"), std::string::npos);
            CHECK_NE(f.output.find("TWICE=last\n"), std::string::npos);
            CHECK_EQ(f.output.find("first"), std::string::npos);
            CHECK_NE(f.output.find("-----BEGIN KEY-----\n"), std::string::npos);
            CHECK_NE(f.output.find("config.json\n600\n"), std::string::npos);
            CHECK_EQ(f.output.find("LATCHKEY_TEST"), std::string::npos);
        });
        ::unsetenv("LATCHKEY_TEST_SECRET_OF_THE_RUNNER");
        run([this](exec::backend& b) -> task<> {
            // The files are gone with the execution, also when it was killed.
            const vault::secret key(std::string("key"));
            exec::request r = script({"echo $KEY_FILE", "sleep 1000"}, folder);
            r.files = {{"KEY_FILE", "key.pem", &key, false}};
            auto e = co_await b.start(std::move(r));
            REQUIRE(e.has_value());
            std::array<char, 256> buffer{};
            const auto n = co_await (*e)->read(asio::buffer(buffer));
            REQUIRE(n.has_value());
            const std::string path(buffer.data(), *n - 1);
            // Where actions are kept apart nobody else sees them meanwhile, another action neither.
            const bool apart = b.isolation().own_pid_namespace;
            CHECK_EQ(std::filesystem::exists(path), !apart || traits.files_here);
            const finished spy = co_await run_to_end(
                b, script({"cat '" + path + "' /dev/shm/latchkey-*/*/*/* /run/latchkey-*/*/*/* 2>/dev/null || :"},
                          folder));
            if (apart) CHECK_EQ(spy.output, "");
            (*e)->kill();
            CHECK((co_await (*e)->wait()).has_value());
            e->reset();
            CHECK_FALSE(std::filesystem::exists(path));
        });
    }

    void exports() const {
        run([this](exec::backend& b) -> task<> {
            for (const auto shell : {exec::shell::sh, exec::shell::bash}) {
                exec::request r = script({"export A='it is'", "B=2", "GIVEN=changed", "exit 3"}, folder);
                r.shell = shell;
                r.environment.emplace_back("GIVEN", "first");
                r.collect_exported = true;
                auto e = co_await b.start(std::move(r));
                REQUIRE(e.has_value());
                std::array<char, 256> buffer{};
                for (;;) {
                    const auto n = co_await (*e)->read(asio::buffer(buffer));
                    if (!n || *n == 0) break;
                }
                const auto status = co_await (*e)->wait();
                REQUIRE(status.has_value());
                CHECK((*status == exec::exit_status{false, 3}));
                std::map<std::string, std::string> last;
                for (auto& [name, value] : exec::parse_exported((*e)->exported())) last[name] = value;
                CHECK_EQ(last["A"], "it is");
                CHECK_EQ(last["GIVEN"], "changed");
                CHECK_FALSE(last.contains("B"));
            }
            // What is no file is not read, and blocks nothing.
            exec::request r =
                script({"rm -f $LATCHKEY_EXPORTED", "mkfifo $LATCHKEY_EXPORTED", "trap - EXIT"}, folder);
            r.collect_exported = true;
            auto e = co_await b.start(std::move(r));
            REQUIRE(e.has_value());
            CHECK((co_await (*e)->wait()).has_value());
            CHECK_EQ((*e)->exported(), "");
            // Nothing of it is left for the next.
            exec::request next =
                script({"echo $LATCHKEY_EXPORTED", "cat $LATCHKEY_EXPORTED 2>/dev/null || :"}, folder);
            next.collect_exported = true;
            const finished f = co_await run_to_end(b, std::move(next));
            CHECK_EQ(f.status.number, 0);
            CHECK_NE(f.output.find("/exported\n"), std::string::npos);
            CHECK_EQ(f.output.find('='), std::string::npos);
        });
    }

    void ends() const {
        run([this](exec::backend& b) -> task<> {
            auto e = co_await b.start(
                script({"trap 'echo asked; exit 3' TERM", "echo ready", "while :; do sleep 0.01; done"}, folder));
            REQUIRE(e.has_value());
            co_await read_until(**e, "ready");
            (*e)->terminate();
            (*e)->terminate();
            co_await read_until(**e, "asked");
            const auto status = co_await (*e)->wait();
            REQUIRE(status.has_value());
            CHECK((*status == exec::exit_status{false, 3}));
            (*e)->terminate();
            (*e)->kill();
        });
        run([this](exec::backend& b) -> task<> {
            auto e =
                co_await b.start(script({"trap '' TERM", "echo ready", "sleep 1000 & wait", "sleep 1000"}, folder));
            REQUIRE(e.has_value());
            co_await read_until(**e, "ready");
            (*e)->kill();
            const auto status = co_await (*e)->wait();
            REQUIRE(status.has_value());
            CHECK((*status == signal(SIGKILL)));
        });
        run([this](exec::backend& b) -> task<> {
            // Daemons keep the pipe open: that read() ends shows that they are gone.
            const finished f = co_await run_to_end(
                b,
                script({"setsid sh -c 'sleep 1000' &", "(setsid nohup sleep 1000 &) ", "sleep 1000 &", "echo gone"},
                       folder));
            CHECK_EQ(f.output, "gone\n");
            CHECK_EQ(f.status.number, 0);
        });
        run([this](exec::backend& b) -> task<> {
            const lifeline alive(folder);
            const finished f =
                co_await run_to_end(b, script({"(setsid sh -c 'exec 9>alive; echo up; exec sleep 1000' &)",
                                               "exec 8<>alive", "(exec 9>alive; nohup setsid sleep 1000) & true"},
                                              folder));
            CHECK_EQ(f.status.number, 0);
            CHECK_FALSE(alive.held());
        });
        run([this](exec::backend& b) -> task<> {
            // Destroyed while it runs.
            const lifeline alive(folder);
            auto e = co_await b.start(
                script({"setsid sh -c 'exec 9>alive; echo ready; sleep 1000; true' &", "wait"}, folder));
            REQUIRE(e.has_value());
            co_await read_until(**e, "ready");
            CHECK(alive.held());
            e->reset();
            // The attempt is not over yet: it is the execution's own end that ends it.
            if (traits.elsewhere) co_await alive.gone();
            CHECK_FALSE(alive.held());
        });
        run([this](exec::backend& b) -> task<> {
            // Its coroutine is cancelled: it says so, and the script runs on until its execution goes.
            const lifeline alive(folder);
            auto e = co_await b.start(script({"exec 9>alive", "echo ready", "sleep 1000"}, folder));
            REQUIRE(e.has_value());
            co_await read_until(**e, "ready");
            int cancelled = 0;
            async::task_group group(co_await asio::this_coro::executor);
            constexpr auto wait = [](exec::execution& of, int& count) -> task<> {
                const auto status = co_await of.wait();
                if (!status && status.error().code == errc::cancelled) ++count;
            };
            constexpr auto read = [](exec::execution& of, int& count) -> task<> {
                std::array<char, 16> buffer{};
                const auto n = co_await of.read(asio::buffer(buffer));
                if (!n && n.error().code == errc::cancelled) ++count;
            };
            group.spawn(wait(**e, cancelled));
            group.spawn(read(**e, cancelled));
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            group.cancel();
            co_await group.join();
            CHECK_EQ(cancelled, 2);
            CHECK(alive.held());
            e->reset();
            // The attempt is not over yet: it is the execution's own end that ends it.
            if (traits.elsewhere) co_await alive.gone();
            CHECK_FALSE(alive.held());
        });
    }

    void failures() const {
        run([this](exec::backend& b) -> task<> {
            exec::request r = script({"true"}, folder);
            r.directory = folder / "missing";
            const auto e = co_await b.start(std::move(r));
            REQUIRE_FALSE(e.has_value());
            CHECK_EQ(e.error().code, errc::engine);
            CHECK_NE(e.error().what.find("there is no folder"), std::string::npos);
            exec::request nul = script({std::string("echo \0", 6)}, folder);
            const auto refused = co_await b.start(std::move(nul));
            CHECK_FALSE(refused.has_value());
            for (const auto& [name, value] :
                 {std::pair<std::string, std::string>("", "x"), {"A=B", "x"}, {"NUL", std::string("a\0b", 3)}}) {
                exec::request r2 = script({"true"}, folder);
                r2.environment.emplace_back(name, value);
                CHECK_FALSE((co_await b.start(std::move(r2))).has_value());
            }
        });
    }

    void many() const {
        // Warm: pools and reusable memory stand.
        run([this](exec::backend& b) -> task<> { co_await run_to_end(b, script({"true"}, folder)); });
        const std::size_t before = open_descriptors();
        run([this](exec::backend& b) -> task<> {
            async::task_group group(co_await asio::this_coro::executor);
            int good = 0;
            constexpr auto work = [](exec::backend& backend, exec::request r, int expected, int& count) -> task<> {
                const finished f = co_await run_to_end(backend, std::move(r));
                if (f.status.number == expected && f.output == std::to_string(expected) + "\n") ++count;
            };
            for (int i = 0; i < traits.at_once; ++i)
                group.spawn(
                    work(b, script({"echo " + std::to_string(i), "exit " + std::to_string(i)}, folder), i, good));
            co_await group.join();
            CHECK_EQ(good, traits.at_once);
        });
        if (traits.counts_descriptors) CHECK_EQ(open_descriptors(), before);
        if (!traits.has_children) CHECK(no_child_is_left());
    }
};

}  // namespace
void check_backend(const backend_factory& make, const std::filesystem::path& folder, const backend_traits& traits) {
    const suite s{make, folder, traits};
    SUBCASE("scripts mean what they mean to their shell") {
        s.scripts();
    }
    SUBCASE("a huge script runs and much output arrives whole") {
        s.sizes();
    }
    SUBCASE("the environment is the request's, and secret files are private and gone") {
        s.environment();
    }
    SUBCASE("what its shell exported is known at its end") {
        s.exports();
    }
    SUBCASE("asked to end, killed, destroyed: nothing is left") {
        s.ends();
    }
    SUBCASE("a failure to start says what and why") {
        s.failures();
    }
    SUBCASE("many at once, and no descriptor is left") {
        s.many();
    }
}

}  // namespace latchkey::test
