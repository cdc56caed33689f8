// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/small_provider.hpp"

#include "runner/http/server.hpp"
#include "runner/identity/base64url.hpp"
#include "runner/identity/fetch.hpp"
#include "runner/identity/jwt.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <future>
#include <map>
#include <thread>

namespace latchkey::test {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

http::response reply(int status, const json& body) {
    http::response r;
    r.status = status;
    r.with("Content-Type", "application/json");
    r.body = body.dump();
    return r;
}

std::map<std::string, std::string> fields_of(const std::string& form) {
    http::request r;
    r.target = "/?" + form;
    http::split_target(r);
    return {r.query.begin(), r.query.end()};
}

}  // namespace

struct small_provider::impl final : http::application {
    explicit impl(small_provider& owner)
        : of(owner), server(loop.get_executor(), {}, *this), port(server.listen("127.0.0.1", 0).value()) {
        asio::co_spawn(loop, server.run(), [this](std::exception_ptr e) {
            if (e)
                ended.set_exception(e);
            else
                ended.set_value();
        });
        thread = std::jthread([this] { loop.run(); });
    }
    ~impl() override {
        asio::post(loop, [this] { server.drain(std::chrono::seconds(1)); });
        ended.get_future().wait();
        thread.join();
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    std::size_t body_limit(const http::request&) const override { return 100'000; }
    http::response refuse(int status, std::string_view why) override { return reply(status, {{"error", why}}); }
    async::task<http::response> handle(http::request r) override { co_return answer(r); }

    http::response answer(const http::request& r) {
        const std::string path = r.target.substr(0, r.target.find('?'));
        if (path == "/.well-known/openid-configuration") return reply(200, describe());
        if (path == "/keys") {
            ++of.key_fetches;
            return reply(200, {{"keys", of.published}});
        }
        if (path == "/userinfo") return reply(*r.header("Authorization") == "Bearer access-1" ? 200 : 401, of.person);
        if (path == "/token") return token(r);
        return reply(404, {{"error", "nothing is here"}});
    }

    json describe() const {
        json d = {{"issuer", of.issuer()},
                  {"authorization_endpoint", of.issuer() + "/authorize"},
                  {"token_endpoint", of.issuer() + "/token"},
                  {"jwks_uri", of.issuer() + "/keys"},
                  {"userinfo_endpoint", of.issuer() + "/userinfo"}};
        if (of.description.is_object()) d.update(of.description);
        return d;
    }

    // As RFC 6749 and RFC 7636 have it: the client's secret, the redirect, and the code's verifier.
    http::response token(const http::request& r) {
        const auto form = fields_of(r.body);
        const auto at = [&](const char* name) { return form.contains(name) ? form.at(name) : std::string(); };
        const std::string* login = r.header("Authorization");
        // base64("latchkey:the%20secret"): each part is encoded first.
        if (login == nullptr || *login != "Basic bGF0Y2hrZXk6dGhlJTIwc2VjcmV0")
            return reply(401, {{"error", "invalid_client"}});
        if (at("grant_type") != "authorization_code" || at("code") != "code-1" || code_used ||
            at("redirect_uri") != asked["redirect_uri"] ||
            identity::sha256_base64url(at("code_verifier")) != asked["code_challenge"])
            return reply(400, {{"error", "invalid_grant"}});
        code_used = true;
        const auto now =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        json said = of.claims;
        said["iss"] = of.issuer();
        said["aud"] = "latchkey";
        said["nonce"] = asked["nonce"];
        said["iat"] = now;
        said["exp"] = now + 300;
        if (of.lie) of.lie(said);
        const std::string id = of.make_token ? of.make_token(said) : identity::make_jwt(of.key, said).value();
        return reply(200, {{"access_token", "access-1"}, {"token_type", "Bearer"}, {"id_token", id}});
    }

    small_provider& of;
    std::map<std::string, std::string> asked;
    bool code_used = true;
    asio::io_context loop{1};
    http::server server;
    std::uint16_t port;
    std::promise<void> ended;
    std::jthread thread;
};

small_provider::small_provider() : key(identity::private_key::make().value()) {
    published = {key.to_jwk()};
    claims = {{"sub", "person-1"}, {"email", "dev@acme.test"}, {"email_verified", true}, {"name", "Dev"}};
    impl_ = std::make_unique<impl>(*this);
}
small_provider::~small_provider() = default;

std::string small_provider::issuer() const {
    return "http://127.0.0.1:" + std::to_string(impl_->port);
}

std::string small_provider::back_from(const std::string& url) {
    impl_->asked = fields_of(url.substr(url.find('?') + 1));
    impl_->code_used = false;
    return impl_->asked["redirect_uri"] + "?code=code-1&state=" + identity::url_encoded(impl_->asked["state"]);
}

}  // namespace latchkey::test
