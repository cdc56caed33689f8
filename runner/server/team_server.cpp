// SPDX-License-Identifier: Apache-2.0
#include "runner/server/team_server.hpp"

#include "runner/async/offload.hpp"
#include "runner/async/task_group.hpp"
#include "runner/http/tls.hpp"
#include "runner/server/route.hpp"
#include "runner/server/run_executor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <csignal>
#include <exception>
#include <utility>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;

}  // namespace

struct team_server::impl {
    impl(const state& s, listen_options o)
        : facts(s),
          options(std::move(o)),
          pool(static_cast<std::size_t>(options.threads)),
          app(facts, pool, {options.calls_an_hour, [this](const served& one) { tell(one); }}),
          http(loop.get_executor(), {}, app),
          signals(loop, SIGTERM, SIGINT, SIGHUP) {
        metrics::gauge& open = facts.metrics.measure("latchkey_http_connections", "Connections that are open.");
        watched = facts.metrics.before_text([this, &open] { open.set(static_cast<double>(http.connections())); });
    }

    // What changes something, or goes wrong, is logged; who only reads is worth a line where everything is asked for.
    void tell(const served& s) {
        const bool looks = s.method == "GET" || s.method == "HEAD";
        log_level level = looks && s.status < 400 ? log_level::debug : log_level::info;
        if (s.status >= 500) level = log_level::error;
        if (!facts.log.wants(level)) return;
        server_log::facts line = {{"id", s.id},
                                  {"method", s.method},
                                  {"route", s.route == nullptr ? "(none)" : s.route->path},
                                  {"status", s.status},
                                  {"ms", std::chrono::duration<double, std::milli>(s.took).count()},
                                  {"peer", s.peer}};
        if (s.user.valid()) line["user"] = s.user.value();
        if (!s.detail.empty()) line["error"] = s.detail;
        facts.log.write(level, "request", line);
    }

    result<void> use_tls() {
        if (options.tls_certificate.empty() && options.tls_key.empty()) return {};
        if (options.tls_certificate.empty() || options.tls_key.empty())
            return failure(errc::usage, "TLS needs a certificate and its key: say --tls-cert and --tls-key");
        auto context = http::tls_context::load(options.tls_certificate, options.tls_key);
        if (!context) return context.error();
        http.use(std::move(*context));
        return {};
    }

    void end(std::chrono::milliseconds grace) {
        // Live views would hold their connections for ever.
        if (facts.runs != nullptr) facts.runs->hub().close();
        if (facts.agents != nullptr) facts.agents->close();
        http.drain(grace);
    }

    async::task<> keep_house() {
        while (options.every_hour && !ending) {
            auto work = options.every_hour;
            (void)co_await async::offload(pool, [work = std::move(work)] {
                work();
                return true;
            });
            if (ending) co_return;
            hour.expires_after(std::chrono::hours(1));
            const auto [ec] = co_await hour.async_wait(async::nothrow);
            if (ec) co_return;
        }
    }

    async::task<> watch_signals() {
        for (;;) {
            const auto [ec, number] = co_await signals.async_wait(async::nothrow);
            if (ec) co_return;
            if (number != SIGHUP) {
                const bool again = std::exchange(ending, true);
                end(again ? std::chrono::milliseconds(0) : options.grace);
                facts.log.write(log_level::info, again ? "ending at once"
                                                       : "ending: what is under way may end, and another signal "
                                                         "cuts it off");
                continue;
            }
            // A certificate that can't be used must not end a server that has one.
            const auto reloaded = use_tls();
            if (reloaded)
                facts.log.write(log_level::info, "read the TLS files again");
            else
                facts.log.write(log_level::error, "kept the TLS files as they were",
                                {{"error", reloaded.error().what}});
        }
    }

    const state& facts;
    listen_options options;
    asio::io_context loop{1};
    asio::thread_pool pool;
    api app;
    http::server http;
    asio::signal_set signals;
    asio::steady_timer hour{loop};
    std::uint16_t port = 0;
    bool ending = false;
    std::shared_ptr<void> watched;  // last: it looks at the others
};

team_server::team_server(const state& s, listen_options o) : impl_(std::make_unique<impl>(s, std::move(o))) {}
team_server::~team_server() = default;

result<void> team_server::open() {
    if (auto tls = impl_->use_tls(); !tls) return tls;
    auto port = impl_->http.listen(impl_->options.address, impl_->options.port);
    if (!port) return port.error();
    impl_->port = *port;
    return {};
}

std::string team_server::url() const {
    if (!impl_->facts.public_url.empty()) return impl_->facts.public_url;
    const bool v6 = impl_->options.address.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + impl_->options.address + "]" : impl_->options.address;
    return (impl_->options.tls_key.empty() ? "http://" : "https://") + host + ":" + std::to_string(impl_->port);
}

void team_server::run() {
    std::exception_ptr bug;
    const auto serve = [](impl& i) -> async::task<> {
        async::task_group group(i.loop.get_executor());
        group.spawn(i.watch_signals());
        group.spawn(i.keep_house());
        co_await i.http.run();
        i.signals.cancel();
        i.ending = true;
        i.hour.cancel();
        co_await group.join();
    };
    asio::co_spawn(impl_->loop, serve(*impl_), [&](std::exception_ptr e) { bug = e; });
    impl_->loop.run();
    impl_->pool.join();
    if (bug) std::rethrow_exception(bug);
}

void team_server::stop() {
    asio::post(impl_->loop, [this] { impl_->end(impl_->options.grace); });
}

}  // namespace latchkey::server
