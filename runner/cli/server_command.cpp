// SPDX-License-Identifier: Apache-2.0
//
// latchkey server: puts the concrete store, vault and server together, makes the first owner where it is asked to,
// says where it is, and serves until a signal ends it.
#include "runner/cli/commands.hpp"
#include "runner/cli/open_vault.hpp"
#include "runner/cli/private_files.hpp"
#include "runner/cli/project_clones.hpp"
#include "runner/cli/server_settings.hpp"
#include "runner/cli/service_manager.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/cli/surroundings.hpp"
#include "runner/identity/token_issuer.hpp"
#include "runner/run/old_files.hpp"
#include "runner/server/log_mover.hpp"
#include "runner/server/outgoing_worker.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/trigger_worker.hpp"
#include "runner/store/postgres_store.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/harden.hpp"
#include "runner/vault/token.hpp"
#include "runner/web/assets.hpp"

#include <boost/asio/ip/address.hpp>

#include <ostream>

namespace latchkey::cli {

namespace {

// What a server owns, in the order in which it is made.
struct server_parts {
    std::unique_ptr<metrics::registry> metrics;
    std::shared_ptr<void> watched;  // of the process
    std::unique_ptr<server::server_log> log;
    process_lock data_lock;
    std::optional<process_lock> store_lock;  // where the store is elsewhere
    store::stores stores;
    vault::vault vault;
    std::unique_ptr<objects::object_store> objects;  // none: all stays here
    std::unique_ptr<server::log_mover> mover;        // to there
};

[[nodiscard]] std::shared_ptr<void> watch(metrics::registry& r) {
    r.measure("latchkey_build_info", "What is running.", {{"version", LATCHKEY_VERSION}}).set(1);
    return metrics::watch_process(r);
}

auto time_transactions(metrics::registry& r) {
    const auto of = [&r](const char* kind) {
        return &r.time("latchkey_store_seconds",
                       "How long transactions of the store took, waiting for their turn too.", {{"kind", kind}});
    };
    return [reads = of("read"), writes = of("write")](bool is_write, std::chrono::nanoseconds took) {
        (is_write ? writes : reads)->observe(took);
    };
}

result<process_lock> lock_for_server(const std::filesystem::path& file, const std::filesystem::path& of) {
    auto lock = process_lock::take(file);
    if (!lock && lock.error().code == errc::conflict)
        return failure(errc::refused, "another server works on " + of.string() + " (" + lock.error().what +
                                          "): end it, or name another place with --data");
    return lock;
}

result<server_parts> open_parts(context& c, const server_options& o) {
    if (auto made = make_private_folder(o.data); !made) return made.error();
    auto data_lock = lock_for_server(o.data / "server.lock", o.data);
    if (!data_lock) return data_lock.error();
    std::optional<process_lock> store_lock;
    if (!o.store_file.empty() && o.store_file.parent_path() != o.data) {
        if (auto made = make_private_folder(o.store_file.parent_path()); !made) return made.error();
        auto lock = lock_for_server(o.store_file.string() + ".lock", o.store_file);
        if (!lock) return lock.error();
        store_lock.emplace(std::move(*lock));
    }
    auto metrics = std::make_unique<metrics::registry>();
    auto watched = watch(*metrics);
    auto stores = o.store_file.empty()
                      ? store::open_postgres_stores(o.store_url,
                                                    {.alone = true, .after_transaction = time_transactions(*metrics)})
                      : store::open_sqlite_stores(o.store_file, {.level = store::durability::full,
                                                                 .decision_ids_at_once = 1000,
                                                                 .after_transaction = time_transactions(*metrics)});
    if (!stores && stores.error().code == errc::conflict) return failure(errc::refused, stores.error().what);
    if (!stores) return stores.error();
    auto vault = open_vault(*stores->runs, o.data / "master.key");
    if (!vault) return vault.error();
    auto log = std::make_unique<server::server_log>(
        server::server_log::options{.as = o.log_form, .least = o.log_least, .clock = [&c] { return c.now(); }});
    auto objects = open_objects(o.objects);
    if (!objects) return objects.error();
    server_parts parts{std::move(metrics),    std::move(watched),    std::move(log),
                       std::move(*data_lock), std::move(store_lock), std::move(*stores),
                       std::move(*vault),     std::move(*objects),   nullptr};
    if (parts.objects)
        parts.mover = std::make_unique<server::log_mover>(
            *parts.stores.runs, *parts.stores.logs_elsewhere, *parts.objects,
            server::log_mover::options{.runs_folder = o.data / "runs", .log = *parts.log, .metrics = *parts.metrics});
    return parts;
}

// All that calls share.
server::state make_state(context& c, server_parts& parts, const server_options& o, const std::string& setup_code,
                         server::run_executor& runs, server::trigger_worker& starts, server::outgoing_worker& tells) {
    return {
        .stores = parts.stores,
        .vault = parts.vault,
        .clock = [&c] { return c.now(); },
        .public_url = o.public_url,
        .setup_hash = setup_code.empty() ? "" : vault::hash_of_token(setup_code),
        .metrics = *parts.metrics,
        .may_read_metrics = o.metrics,
        .log = *parts.log,
        .runs = &runs,
        .session_idle = o.sign_in.session_idle,
        .session_life = o.sign_in.session_life,
        .step_up = o.sign_in.step_up,
        .trusted_proxies = o.trusted_proxies,
        .private_hosts = o.private_hosts,
        .wake_triggers =
            [&starts, &tells] {
                starts.wake();
                tells.wake();
            },
    };
}

std::unique_ptr<agent::exchange> make_exchange(context& c, server_parts& parts, const server_options& o) {
    if (o.agents == server::agents_use::no) return nullptr;
    return std::make_unique<agent::exchange>(
        *parts.stores.machines, [&c] { return c.now(); },
        agent::exchange_options{
            .lease = o.agent_lease,
            .tell = [log = parts.log.get()](std::string_view what, const std::string& name, const std::string& why) {
                log->write(server::log_level::warning, what, {{"agent", name}, {"why", why}});
            }});
}

std::unique_ptr<server::run_executor> make_executor(context& c, server_parts& parts, const server_options& o,
                                                    server::outgoing_worker& tells, agent::exchange* agents,
                                                    std::function<identity::token_issuer*()> run_tokens) {
    auto around = make_surroundings(
        *parts.stores.runs, [&parts]() -> result<const vault::vault*> { return &parts.vault; },
        [&c] { return c.now(); }, o.data);
    return std::make_unique<server::run_executor>(
        parts.stores, std::move(around),
        make_project_clones({.data = o.data,
                             .local = o.local_repositories,
                             .login = logins_from(parts.stores, parts.vault, [&c] { return c.now(); })}),
        server::executor_options{.data = o.data,
                                 .backend = o.backend,
                                 .slots = o.runs,
                                 .jobs = o.runs,
                                 .log = *parts.log,
                                 .metrics = *parts.metrics,
                                 .run_tokens = std::move(run_tokens),
                                 .on_change =
                                     [&tells, mover = parts.mover.get()](policy::run_id run) {
                                         tells.wake();
                                         if (mover != nullptr) mover->look_at(run);
                                     },
                                 .objects = parts.objects.get(),
                                 .agents = agents,
                                 .use_agents = o.agents});
}

void clear_files(context& c, server_parts& parts, const server_options& o) {
    const auto done = run::clear_old_files(*parts.stores.runs, o.data, c.now() - *o.keep_files);
    if (!done)
        parts.log->write(server::log_level::error, "old files could not be removed", {{"error", done.error().what}});
    else if (done->pipelines > 0)
        parts.log->write(server::log_level::info, "removed old files", {{"pipelines", done->pipelines}});
}

// What is done every hour.
std::function<void()> housekeeping(context& c, server_parts& parts, const server_options& o) {
    if (!o.keep_logs.age && !o.keep_logs.newest && !o.keep_files && !parts.mover) return nullptr;
    return [&c, &parts, &o] {
        if (parts.mover) parts.mover->look_at_all();
        if (o.keep_files) clear_files(c, parts, o);
        const auto done = server::clear_old_logs(*parts.stores.runs, o.data / "runs", o.keep_logs, c.now(),
                                                 {parts.stores.logs_elsewhere.get(), parts.objects.get()});
        if (!done)
            parts.log->write(server::log_level::error, "old logs could not be removed",
                             {{"error", done.error().what}});
        else if (done->runs > 0)
            parts.log->write(server::log_level::info, "removed old logs",
                             {{"runs", done->runs}, {"bytes", done->bytes}});
    };
}

// The token is on the disk before it is good for anything: it can't be lost.
result<void> make_owner_now(context& c, store::stores& stores, const server_options& o) {
    auto file = new_private_file::make(o.token_file);
    if (!file) return file.error();
    const std::string token = vault::new_token();
    if (auto written = file->write(token + "\n"); !written) return written;
    if (auto made = server::make_owner(stores, *o.first_owner, token, c.now()); !made) return made;
    file->keep();
    c.out << "made the first owner, " << plain(o.first_owner->email) << ", of the workspace "
          << plain(o.first_owner->workspace) << "; their token is in " << plain(o.token_file.string()) << "\n";
    return {};
}

void say_where(context& c, const std::string& url, const server_options& o, const std::string& setup_code) {
    c.out << "latchkey serves at " << url << " with its data in " << plain(o.data.string()) << "\n";
    if (!setup_code.empty())
        c.out << "it has no owner yet. Whoever opens this link first becomes it:\n  " << url
              << (web::assets().empty() ? "/latchkey/v1/setup#" : "/app/setup#") << setup_code
              << "\nor, without a browser:\n  curl -H 'Content-Type: application/json' " << url
              << "/latchkey/v1/setup \\\n    -d '{\"code\":\"" << setup_code
              << "\",\"email\":\"you@example.test\",\"workspace\":\"acme\"}'\n";
    c.out.flush();
    boost::system::error_code ec;
    if (o.listen.tls_key.empty() && !boost::asio::ip::make_address(o.listen.address, ec).is_loopback())
        c.err << "latchkey: warning: it listens on " << o.listen.address
              << " without TLS: tokens and secrets can be read on their way unless a proxy in front of it speaks TLS "
                 "(--tls-cert, --tls-key)\n"
              << std::flush;
}

// Exit codes 3 and 4 speak of pipelines.
int fail_to_start(context& c, failure f) {
    if (f.code == errc::invalid || f.code == errc::denied) f.code = errc::refused;
    return c.fail(f);
}

}  // namespace

int server_command(context& c, const server_args& args) {
    vault::harden_process();
    const auto all = gather_settings(c, args.given);
    if (!all) return c.fail(all.error());
    const auto options = read_settings(*all);
    if (!options) return c.fail(options.error());
    if (args.print_config) {
        c.out << as_config(*all);
        return exit_success;
    }
    auto parts = open_parts(c, *options);
    if (!parts) return fail_to_start(c, parts.error());

    auto owned = server::has_owner(parts->stores);
    if (!owned) return fail_to_start(c, owned.error());
    if (*owned && options->first_owner)
        c.out << "there is an owner already: nothing was written to " << plain(options->token_file.string()) << "\n";
    if (!*owned && options->first_owner) {
        if (auto made = make_owner_now(c, parts->stores, *options); !made) return fail_to_start(c, made.error());
        *owned = true;
    }
    const std::string setup_code = *owned ? "" : vault::random_hex(16);
    server::outgoing_worker tells(parts->stores, parts->vault,
                                  {.clock = [&c] { return c.now(); },
                                   .send = {.private_hosts = options->private_hosts},
                                   .log = *parts->log,
                                   .metrics = *parts->metrics});
    std::unique_ptr<identity::token_issuer> run_tokens;
    const auto agents = make_exchange(c, *parts, *options);
    if (agents)
        if (auto begun = agents->begin(); !begun) return fail_to_start(c, begun.error());
    const auto executor =
        make_executor(c, *parts, *options, tells, agents.get(), [&run_tokens] { return run_tokens.get(); });
    const auto openid = make_openid_client(options->sign_in);
    if (!openid) return fail_to_start(c, openid.error());
    server::trigger_worker starts(parts->stores, *executor, [&c] { return c.now(); }, *parts->log);
    server::state state = make_state(c, *parts, *options, setup_code, *executor, starts, tells);
    state.openid = openid->get();
    state.agents = agents.get();

    server::listen_options listen = options->listen;
    listen.every_hour = housekeeping(c, *parts, *options);
    server::team_server serving(state, listen);
    if (auto open = serving.open(); !open) return fail_to_start(c, open.error());
    run_tokens = std::make_unique<identity::token_issuer>(*parts->stores.signing, parts->vault, serving.url());
    state.run_tokens = run_tokens.get();
    say_where(c, serving.url(), *options, setup_code);
    parts->log->write(server::log_level::info, "serving", {{"url", serving.url()}, {"version", LATCHKEY_VERSION}});
    auto waiting = executor->begin();
    if (!waiting) return fail_to_start(c, waiting.error());
    if (*waiting > 0) parts->log->write(server::log_level::info, "runs waited for their turn", {{"runs", *waiting}});
    const stop_signals hurry([&] {
        parts->log->write(server::log_level::info, "ending at once: what runs is cancelled");
        executor->hurry();
    });
    tell_service_manager("READY=1");
    tells.begin(serving.url());
    starts.begin();
    if (parts->mover) parts->mover->begin();
    serving.run();
    tell_service_manager("STOPPING=1");
    starts.stop();
    executor->stop(options->listen.grace);
    if (parts->mover) parts->mover->stop();
    tells.stop(options->listen.grace);
    c.out << "latchkey has ended\n";
    return exit_success;
}

}  // namespace latchkey::cli
