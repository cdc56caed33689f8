// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include "runner/cli/project_clones.hpp"
#include "runner/exec/host.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/http/server.hpp"
#include "runner/server/api.hpp"
#include "runner/server/outgoing_worker.hpp"
#include "runner/server/scopes.hpp"
#include "runner/server/tokens.hpp"
#include "runner/server/trigger_worker.hpp"
#include "runner/vault/master_key.hpp"
#include "runner/vault/token.hpp"
#include "tests/runner/store/either_store.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <future>
#include <thread>

namespace latchkey::test {

namespace asio = boost::asio;

struct api_world::impl {
    impl(int calls_an_hour, int slots, const std::function<void(server::state&)>& adjust,
         std::chrono::milliseconds look = std::chrono::seconds(10))
        : all(open_stores(folder / "data")),
          vault(make_vault()),
          facts{all, vault,
                [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }, "",
                ""},
          pool(4),
          tells(all, vault,
                {.clock = facts.clock,
                 .send = {.limit = std::chrono::seconds(1), .private_hosts = true},
                 // Four tries without a wait.
                 .pause = [](int tries) -> std::optional<std::chrono::milliseconds> {
                     return tries < 4 ? std::optional(std::chrono::milliseconds(0)) : std::nullopt;
                 }}),
          runs(slots > 0 ? make_executor(slots, look) : nullptr),
          app(facts, pool, {calls_an_hour, {}}),
          server(loop.get_executor(), {}, app),
          port(server.listen("127.0.0.1", 0).value()),
          run_tokens(*all.signing, vault, "http://127.0.0.1:" + std::to_string(port)) {
        facts.run_tokens = &run_tokens;
        if (adjust) adjust(facts);
        asio::co_spawn(loop, server.run(), [this](std::exception_ptr e) {
            if (e)
                ended.set_exception(e);
            else
                ended.set_value();
        });
        facts.runs = runs.get();
        if (runs) {
            REQUIRE(runs->begin().has_value());
            starts = std::make_unique<server::trigger_worker>(all, *runs, facts.clock);
            facts.wake_triggers = [this] {
                starts->wake();
                tells.wake();
            };
            tells.begin("http://127.0.0.1:" + std::to_string(port));
            starts->begin();
        }
        thread = std::jthread([this] { loop.run(); });
    }
    ~impl() {
        if (starts) starts->stop();
        if (runs) runs->stop(std::chrono::milliseconds(0));
        tells.stop(std::chrono::milliseconds(0));
        asio::post(loop, [this] { server.drain(std::chrono::seconds(2)); });
        ended.get_future().get();
        thread.join();
        pool.join();
    }

    vault::vault make_vault() {
        const auto master = vault::load_master_key(folder / "data" / "master.key", true).value();
        const vault::wrapped_key first = vault::vault::make_key(master, 1);
        REQUIRE(all.runs->add_key(first).has_value());
        return vault::vault::unlock(master, {&first, 1}).value();
    }

    std::unique_ptr<server::run_executor> make_executor(int slots, std::chrono::milliseconds look) {
        const char* path = std::getenv("PATH");
        run::surroundings around{
            *all.runs,
            [this]() -> result<const vault::vault*> { return &vault; },
            facts.clock,
            [](boost::asio::any_io_executor ex, const std::string&) {
                return exec::make_host_backend(std::move(ex), {});
            },
            []() -> result<void> { return failure(errc::engine, "no container engine answers in this test"); },
            folder / "data",
            {{"PATH", path != nullptr ? path : "/usr/bin:/bin"}},
            std::chrono::seconds(5),
            LATCHKEY_BUILD_DIR "/runner/latchkey-native",
            exec::executor_mark(),
            [](const std::string& mark) -> result<void> {
                exec::kill_left_by(mark);
                return {};
            },
            {},
        };
        return std::make_unique<server::run_executor>(
            all, std::move(around),
            cli::make_project_clones({.data = folder / "data",
                                      .local = true,
                                      .look_limit = look,
                                      .fresh_for = std::chrono::seconds(0),
                                      .login = cli::logins_from(all, vault, facts.clock)}),
            server::executor_options{.data = folder / "data",
                                     .backend = "host",
                                     .slots = slots,
                                     .jobs = 4,
                                     .run_tokens = [this] { return &run_tokens; },
                                     .on_change = [this](policy::run_id) { tells.wake(); }});
    }

    temp_dir folder;
    store::stores all;
    vault::vault vault;
    server::state facts;
    asio::thread_pool pool;
    server::outgoing_worker tells;
    std::unique_ptr<server::run_executor> runs;
    std::unique_ptr<server::trigger_worker> starts;
    asio::io_context loop{1};
    server::api app;
    http::server server;
    std::uint16_t port;
    identity::token_issuer run_tokens;
    std::promise<void> ended;
    std::jthread thread;
};

api_world::api_world(int calls_an_hour, const std::function<void(server::state&)>& adjust, bool empty)
    : impl_(std::make_unique<impl>(calls_an_hour, 0, adjust)) {
    if (!empty) team = make_team(impl_->all);
}
api_world::api_world(executing how) : impl_(std::make_unique<impl>(1'000'000, how.slots, how.adjust, how.look)) {
    team = make_team(impl_->all);
}
server::run_executor& api_world::executor() {
    return *impl_->runs;
}
api_world::~api_world() = default;

store::stores& api_world::stores() {
    return impl_->all;
}
std::uint16_t api_world::port() const {
    return impl_->port;
}
identity::token_issuer& api_world::run_tokens() {
    return impl_->run_tokens;
}
const vault::vault& api_world::vault() const {
    return impl_->vault;
}
std::filesystem::path api_world::folder() const {
    return impl_->folder.path();
}

std::string api_world::token(policy::user_id user, std::vector<std::string> scopes) {
    store::access_token_record wanted;
    wanted.user = wanted.created_by = user;
    wanted.name = "test";
    wanted.scopes = std::move(scopes);
    if (wanted.scopes.empty())
        for (const auto name : server::scope_names()) wanted.scopes.emplace_back(name);
    const std::string made = vault::new_token();
    wanted.hash = vault::hash_of_token(made);
    REQUIRE(impl_->all.tokens->add(wanted).has_value());
    return made;
}

api_reply api_world::ask_text(const std::string& method, const std::string& target, const std::string& token,
                              const std::string& body, const std::map<std::string, std::string>& headers) const {
    return ask_server(impl_->port, method, target, token, body, headers);
}

api_reply api_world::ask(const std::string& method, const std::string& target, const std::string& token,
                         const nlohmann::json& body, const std::map<std::string, std::string>& headers) const {
    return ask_text(method, target, token, body.is_null() ? "" : body.dump(), headers);
}

}  // namespace latchkey::test
