// SPDX-License-Identifier: Apache-2.0
//
// The backend that has an agent execute does what every backend does: with a real agent process, over HTTP.
#include "runner/agent/remote_backend.hpp"

#include "tests/runner/agent/protocol_world.hpp"
#include "tests/runner/cli/running_server.hpp"
#include "tests/runner/exec/backend_conformance.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

// As who executes an attempt uses one: it finds its agent before the first action.
class settling : public exec::backend {
public:
    explicit settling(std::unique_ptr<exec::backend> inner) : inner_(std::move(inner)) {}
    std::string_view name() const override { return inner_->name(); }
    exec::isolation isolation() const override { return inner_->isolation(); }
    async::task<result<std::unique_ptr<exec::execution>>> start(exec::request r) override {
        if (!settled_) {
            const auto place = co_await inner_->settle();
            if (!place) co_return place.error();
            settled_ = true;
        }
        co_return co_await inner_->start(std::move(r));
    }
    async::task<> close() override { co_await inner_->close(); }

private:
    std::unique_ptr<exec::backend> inner_;
    bool settled_ = false;
};

}  // namespace

TEST_SUITE("agent.remote_backend") {
    TEST_CASE("conforms: at an agent") {
        api_world* api = nullptr;
        std::unique_ptr<agent::exchange> exchange;
        api_world world(1'000'000, [&](server::state& s) {
            exchange = std::make_unique<agent::exchange>(*s.stores.machines, s.clock, agent::exchange_options{});
            s.agents = exchange.get();
        });
        api = &world;
        const session home;
        const auto made =
            api->ask("POST", "/latchkey/v1/agents/registrations", api->token(api->team.owner), json::object());
        REQUIRE_EQ(made.status, 201);
        home.write("token", made.body["token"].get<std::string>());
        running_server agent(home, "agent",
                             {"--server", "http://127.0.0.1:" + std::to_string(api->port()), "--token-file", "token",
                              "--data", (home.data() / "agent").string(), "--backend", "host"});
        REQUIRE_MESSAGE(agent.wait_for(" works for "), agent.output());
        const std::filesystem::path folder = home.data() / "agent/filesystems/7/box";
        std::filesystem::create_directories(folder);
        std::int64_t runs = 0;
        const auto make = [&](boost::asio::any_io_executor ex) -> std::unique_ptr<exec::backend> {
            agent::remote_options o;
            o.work.run = policy::run_id(++runs);
            o.order = {{"project", 1}, {"pipeline", 7}, {"repository", "box"}, {"commit", ""}, {"backend", "host"}};
            return std::make_unique<settling>(agent::make_remote_backend(std::move(ex), *exchange, std::move(o)));
        };
        backend_traits traits;
        traits.prepare = [&](exec::request& r) { r.workspace = folder; };
        traits.at_once = 30;
        traits.has_children = true;
        traits.counts_descriptors = false;
        check_backend(make, folder, traits);
        agent.signal(SIGTERM);
        CHECK_EQ(agent.wait(), 0);
        MESSAGE(runs, " attempts");
    }
}
