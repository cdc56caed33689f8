// SPDX-License-Identifier: Apache-2.0
//
// The backend that has an agent execute does what every backend does: with a real agent process, over HTTP.
#include "runner/agent/remote_backend.hpp"

#include "runner/async/notification.hpp"
#include "runner/async/task_group.hpp"
#include "tests/runner/agent/protocol_world.hpp"
#include "tests/runner/cli/running_server.hpp"
#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/support/async_test.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

// As who executes an attempt uses one: it finds its agent before the first action.
class settling : public exec::backend {
public:
    settling(const boost::asio::any_io_executor& executor, std::unique_ptr<exec::backend> inner)
        : inner_(std::move(inner)), done_(executor) {}
    std::string_view name() const override { return inner_->name(); }
    exec::isolation isolation() const override { return inner_->isolation(); }
    async::task<result<std::unique_ptr<exec::execution>>> start(exec::request r) override {
        // Once, whoever comes first: a second attempt would wait for the first to be over.
        if (!begun_) {
            begun_ = true;
            const auto place = co_await inner_->settle();
            if (!place) why_not_ = place.error();
            settled_ = true;
            done_.notify();
        }
        while (!settled_) co_await done_.wait();
        if (why_not_) co_return *why_not_;
        co_return co_await inner_->start(std::move(r));
    }
    async::task<> close() override { co_await inner_->close(); }

private:
    std::unique_ptr<exec::backend> inner_;
    async::notification done_;
    bool begun_ = false;
    bool settled_ = false;
    std::optional<failure> why_not_;
};

// A server, an agent that works for it, and the workspace that an attempt has there.
struct agent_at_work {
    std::unique_ptr<agent::exchange> exchange;
    api_world api{1'000'000, [this](server::state& s) {
                      exchange =
                          std::make_unique<agent::exchange>(*s.stores.machines, s.clock, agent::exchange_options{});
                      s.agents = exchange.get();
                  }};
    const session home;
    std::unique_ptr<running_server> process;
    const std::filesystem::path folder = home.data() / "agent/filesystems/7/box";
    std::int64_t runs = 0;

    agent_at_work() {
        const auto made =
            api.ask("POST", "/latchkey/v1/agents/registrations", api.token(api.team.owner), json::object());
        REQUIRE_EQ(made.status, 201);
        home.write("token", made.body["token"].get<std::string>());
        process = std::make_unique<running_server>(
            home, "agent",
            std::vector<std::string>{"--server", "http://127.0.0.1:" + std::to_string(api.port()), "--token-file",
                                     "token", "--data", (home.data() / "agent").string(), "--backend", "host"});
        REQUIRE_MESSAGE(process->wait_for(" works for "), process->output());
        std::filesystem::create_directories(folder);
    }

    std::unique_ptr<exec::backend> backend(const boost::asio::any_io_executor& ex) {
        agent::remote_options o;
        o.work.run = policy::run_id(++runs);
        o.order = {{"project", 1}, {"pipeline", 7}, {"repository", "box"}, {"commit", ""}, {"backend", "host"}};
        return std::make_unique<settling>(ex, agent::make_remote_backend(ex, *exchange, std::move(o)));
    }

    exec::request script(std::vector<std::string> commands) const {
        exec::request r = test::script(std::move(commands), folder);
        r.workspace = folder;
        return r;
    }

    void end() const {
        process->signal(SIGTERM);
        CHECK_EQ(process->wait(), 0);
        exchange->close();  // as a server does that ends: it does not wait for a poll that nobody reads any more
    }
};

// What a start that was cancelled came to.
async::task<> start_in_vain(exec::backend& at, exec::request r, int& cancelled) {
    const auto made = co_await at.start(std::move(r));
    if (!made && made.error().code == errc::cancelled) ++cancelled;
}

}  // namespace

TEST_SUITE("agent.remote_backend") {
    TEST_CASE("conforms: at an agent") {
        agent_at_work world;
        backend_traits traits;
        traits.prepare = [&](exec::request& r) { r.workspace = world.folder; };
        traits.at_once = 30;
        traits.has_children = true;
        traits.elsewhere = true;
        traits.counts_descriptors = false;
        check_backend([&](const boost::asio::any_io_executor& ex) { return world.backend(ex); }, world.folder,
                      traits);
        world.end();
        MESSAGE(world.runs, " attempts");
    }

    TEST_CASE("a start that is cancelled ends, whatever the agent knows of it, and the next one is as ever") {
        agent_at_work world;
        run_async([&](boost::asio::any_io_executor ex) -> async::task<> {
            const auto backend = world.backend(ex);
            co_await run_to_end(*backend, world.script({"true"}));
            int cancelled = 0;
            // The agent has not asked for its secrets; it never gets them.
            bool asked = false;
            exec::request early = world.script({"sleep 1000"});
            early.confirm = [&]() -> async::task<result<void>> {
                asked = true;
                co_return result<void>();
            };
            async::task_group first(ex);
            first.spawn(start_in_vain(*backend, std::move(early), cancelled));
            co_await boost::asio::post(ex, boost::asio::use_awaitable);
            first.cancel();
            co_await first.join();
            CHECK_EQ(cancelled, 1);
            CHECK_FALSE(asked);
            // It asks just now: it is given them, and told to end what it makes of them.
            async::notification deciding(ex);
            exec::request late = world.script({"sleep 1000"});
            late.confirm = [&]() -> async::task<result<void>> {
                deciding.notify();
                async::notification never(ex);
                co_await never.wait();
                co_return result<void>();
            };
            async::task_group second(ex);
            second.spawn(start_in_vain(*backend, std::move(late), cancelled));
            co_await deciding.wait();
            second.cancel();
            co_await second.join();
            CHECK_EQ(cancelled, 2);
            const finished next = co_await run_to_end(*backend, world.script({"echo next"}));
            CHECK_EQ(next.output, "next\n");
            co_await backend->close();
        });
        world.end();
    }
}
