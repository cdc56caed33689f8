// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/container_services.hpp"

#include "tests/runner/exec/container_world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace {

namespace asio = boost::asio;
namespace engine = latchkey::engine;
namespace exec = latchkey::exec;
using latchkey::async::task;
using latchkey::test::backend_on;
using latchkey::test::each;
using latchkey::test::finished;
using latchkey::test::in_container;
using latchkey::test::left_on;
using latchkey::test::run_to_end;
using latchkey::test::test_engine;

// Answers on port 8080 with what it was given.
exec::service web(const std::string& host) {
    exec::service s;
    s.image = latchkey::test::test_image;
    s.host = host;
    s.port = 8080;
    s.command = {
        "mkdir /www; env | sort > /www/env; cat \"$PASSWORD_FILE\" > /www/password; "
        "echo serving $NAME; exec httpd -f -p 8080 -h /www"};
    s.environment = {{"NAME", host}};
    s.secrets.emplace_back("PASSWORD_FILE", latchkey::vault::secret(std::string("pw-66aa1f")));
    return s;
}

exec::request beside(std::vector<exec::service> services, std::vector<std::string> commands,
                     const std::filesystem::path& folder, std::vector<std::string>& said) {
    exec::request r = in_container(std::move(commands), folder);
    r.network = true;
    r.container->services = std::move(services);
    r.say = [&said](const std::string& line) { said.push_back(line); };
    return r;
}

std::vector<exec::service> list(exec::service first) {
    std::vector<exec::service> all;
    all.push_back(std::move(first));
    return all;
}

task<std::size_t> networks_on(const test_engine& e, asio::any_io_executor ex) {
    engine::client client(ex, e.socket);
    const auto names =
        co_await engine::networks_with_label(client, std::string("latchkey.executor=") + latchkey::test::mark);
    REQUIRE(names.has_value());
    co_return names->size();
}

}  // namespace

TEST_SUITE("exec.container_services") {
    TEST_CASE("an action reaches its services by name once they are ready, and nothing of them is left") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            std::vector<std::string> said;
            std::vector<exec::service> two = list(web("one"));
            two.push_back(web("two"));
            exec::request r = beside(
                std::move(two),
                {"wget -q -O - http://one:8080/password; echo", "wget -q -O - http://two:8080/env | grep ^NAME="},
                folder, said);
            const finished f = co_await run_to_end(b, std::move(r));
            CHECK_EQ(f.output, "pw-66aa1f\nNAME=two\n");
            CHECK_EQ(f.status.number, 0);
            CHECK_EQ(said, std::vector<std::string>{"the service one is ready", "the service two is ready"});
            const auto ex = co_await asio::this_coro::executor;
            CHECK_EQ(co_await left_on(e, ex), 0);
            CHECK_EQ(co_await networks_on(e, ex), 0);
        });
    }

    TEST_CASE("no engine tells a service's password, and no service sees a secret of its action") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            std::vector<std::string> said;
            const latchkey::vault::secret token(std::string("tok-77bb2e"));
            exec::request r = beside(
                list(web("db")),
                {"test \"$TOKEN\" = tok-77bb2e", "wget -q -O - http://db:8080/env", "echo ready", "read line < go"},
                folder, said);
            r.secrets = {{"TOKEN", &token}};
            REQUIRE_EQ(::mkfifo((folder / "go").c_str(), 0600), 0);
            auto started = co_await b.start(std::move(r));
            REQUIRE_MESSAGE(started.has_value(), started.error().what);
            std::string output;
            std::array<char, 4096> buffer{};
            while (output.find("ready") == std::string::npos) {
                const auto n = co_await (*started)->read(asio::buffer(buffer));
                REQUIRE((n.has_value() && *n > 0));
                output.append(buffer.data(), *n);
            }
            CHECK_EQ(output.find("tok-77bb2e"), std::string::npos);
            engine::client client(co_await asio::this_coro::executor, e.socket);
            const auto ids = co_await engine::containers_with_label(
                client, std::string("latchkey.executor=") + latchkey::test::mark);
            REQUIRE(ids.has_value());
            CHECK_EQ(ids->size(), 2);
            for (const std::string& id : *ids) {
                const auto facts = co_await engine::inspect_container(client, id);
                REQUIRE(facts.has_value());
                CHECK_EQ(facts->whole.find("pw-66aa1f"), std::string::npos);
                CHECK_EQ(facts->whole.find("tok-77bb2e"), std::string::npos);
            }
            (*started)->kill();
            CHECK((co_await (*started)->wait()).has_value());
        });
    }

    TEST_CASE("a service that ends before it is ready fails the action with its last lines, and leaves nothing") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            std::vector<std::string> said;
            exec::service broken = web("db");
            broken.command = {"echo no space on the disk; exit 3"};
            const auto started = co_await b.start(beside(list(std::move(broken)), {"echo never"}, folder, said));
            REQUIRE_FALSE(started.has_value());
            CHECK_EQ(started.error().what,
                     "can't execute \"test\": the service db ended with exit code 3 before it was ready: its last "
                     "lines are in the log");
            CHECK_EQ(said, std::vector<std::string>{"the last lines of the service db:", "  no space on the disk"});
            CHECK_EQ(co_await networks_on(e, co_await asio::this_coro::executor), 0);
        });
    }

    TEST_CASE("a failed action's log has what its services said last") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            std::vector<std::string> said;
            const finished f = co_await run_to_end(b, beside(list(web("db")), {"exit 4"}, folder, said));
            CHECK_EQ(f.status.number, 4);
            CHECK_EQ(said, std::vector<std::string>{"the service db is ready",
                                                    "the last lines of the service db:", "  serving db"});
        });
    }

    TEST_CASE("a cancelled wait for a service that never gets ready leaves nothing") {
        each([](const test_engine& e, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            std::vector<std::string> said;
            exec::service deaf = web("db");
            deaf.port = 81;
            const auto ex = co_await asio::this_coro::executor;
            asio::cancellation_signal cancel;
            std::string failed;
            latchkey::async::task_group group(ex);
            const auto start = [&]() -> task<> {
                const auto started =
                    co_await asio::co_spawn(ex, b.start(beside(list(std::move(deaf)), {"echo never"}, folder, said)),
                                            asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
                if (!started.has_value()) failed = started.error().what;
            };
            group.spawn(start());
            // It is there, and nothing listens where it is expected to. Other tests use the engine meanwhile: a look
            // that it refuses is no reason to leave the group behind.
            engine::client client(ex, e.socket);
            asio::steady_timer look(ex);
            while (group.running() > 0) {
                const auto there = co_await engine::containers_with_label(
                    client, std::string("latchkey.executor=") + latchkey::test::mark);
                if (there.has_value() && !there->empty()) break;
                look.expires_after(std::chrono::milliseconds(20));
                co_await look.async_wait(latchkey::async::nothrow);
            }
            cancel.emit(asio::cancellation_type::terminal);
            co_await group.join();
            CAPTURE(failed);
            CHECK_NE(failed.find("cancelled"), std::string::npos);
            CHECK_EQ(co_await left_on(e, ex), 0);
            CHECK_EQ(co_await networks_on(e, ex), 0);
        });
    }

    TEST_CASE("persistent data is there for the next action") {
        each([](const test_engine&, exec::backend& b, const std::filesystem::path& folder) -> task<> {
            for (const std::string expected : {"1\n", "2\n"}) {
                std::vector<std::string> said;
                exec::service counter = web("db");
                counter.kept = "latchkey-test-data";
                counter.data = "/data";
                counter.command = {
                    "echo x >> /data/log; mkdir /www; wc -l < /data/log > /www/count; exec httpd -f -p 8080 -h /www"};
                const finished f = co_await run_to_end(
                    b, beside(list(std::move(counter)), {"wget -q -O - http://db:8080/count"}, folder, said));
                CHECK_EQ(f.output, expected);
            }
        });
    }
}
