// SPDX-License-Identifier: Apache-2.0
//
// latchkey agent: makes the agent known to its server the first time, by a registration's token, keeps its key, and
// executes what the server has for it until a signal ends it.
#include "runner/agent/agent.hpp"
#include "runner/agent/protocol.hpp"
#include "runner/cli/agent_identity.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/environment.hpp"
#include "runner/cli/private_files.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/exec/choice.hpp"
#include "runner/exec/container.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/vault/harden.hpp"

#include <ostream>
#include <sys/utsname.h>
#include <unistd.h>

namespace latchkey::cli {

namespace {

using nlohmann::json;

std::string name_of_host() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0) return "agent";
    std::string text(name);
    for (char& c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '-';
    return text.empty() ? "agent" : text.substr(0, 100);
}

std::string processor() {
    struct utsname facts{};
    if (::uname(&facts) != 0) return "X64";
    const std::string machine = facts.machine;
    return machine.starts_with("aarch64") || machine.starts_with("arm") ? "ARM" : "X64";
}

result<client::peer> server_at(const std::string& url, const std::string& ca_file, bool insecure_http) {
    auto where = client::endpoint_from(
        url, insecure_http ? client::plain_http::anywhere : client::plain_http::to_this_machine);
    if (!where) return failure(where.error().code, url + ": " + where.error().what);
    return client::peer{std::move(*where), ca_file.empty() ? "" : std::filesystem::absolute(ca_file).string()};
}

result<agent_identity> come_to(context& c, const agent_args& args, const std::filesystem::path& data) {
    if (args.server.empty() || args.token_file.empty())
        return failure(errc::usage,
                       "this agent is not known to any server yet: say --server URL and --token-file FILE, with the "
                       "token of a registration");
    auto peer = server_at(args.server, args.ca_file, args.insecure_http);
    if (!peer) return peer.error();
    auto token = secret_from(c, "@" + args.token_file);
    if (!token) return token.error();
    const auto keys = vault::key_pairs::make();
    std::string body = json{{"token", token->reveal()},
                            {"name", args.name.empty() ? name_of_host() : args.name},
                            {"pool", args.pool},
                            {"tags", args.tags},
                            {"cpu", processor()},
                            {"capacity", args.capacity},
                            {"signing_key", keys.signing_key()},
                            {"sealing_key", keys.sealing_key()},
                            {"version", LATCHKEY_VERSION},
                            {"protocol", agent::protocol_version}}
                           .dump();
    agent_identity made;
    made.server = peer->where.base;
    // The key is on the disk before the token is used up: what is used up is known here.
    auto file = new_private_file::make(data / "agent.json");
    if (!file) return file.error();
    const auto said = agent::link(*peer, keys, 0).call("POST", "/register", body);
    vault::wipe(body);
    if (!said) return failure(said.error().code, "the server does not take this agent: " + said.error().what);
    if (!said->is_object() || !said->contains("id") || !(*said)["id"].is_number_integer())
        return failure(errc::io, "the server's answer names no agent");
    made.number = (*said)["id"].get<std::int64_t>();
    made.name = said->value("name", "");
    made.pool = said->value("pool", "");
    made.seed = keys.seed();
    if (auto written = file->write(text_of(made)); !written) return written.error();
    file->keep();
    c.out << "the agent " << plain(made.name) << " is known to " << plain(made.server) << " now, in the pool "
          << plain(made.pool) << "\n"
          << std::flush;
    return made;
}

// What an agent that was killed has left running is killed before anything is taken.
result<void> clear_up(const std::filesystem::path& data) {
    const std::filesystem::path file = data / "executor";
    auto before = read_small_file(file);
    if (!before && before.error().code != errc::not_found) return before.error();
    if (before && !before->empty()) {
        exec::kill_left_by(*before);
        if (auto gone = exec::remove_left_by_now(*before); !gone) return gone.error();
    }
    std::error_code ec;
    std::filesystem::remove(file, ec);
    auto own = new_private_file::make(file);
    if (!own) return own.error();
    if (auto written = own->write(exec::executor_mark()); !written) return written;
    own->keep();
    return {};
}

}  // namespace

int agent_command(context& c, const agent_args& args) {
    vault::harden_process();
    std::filesystem::path data = args.data;
    if (data.empty()) {
        auto ours = c.data_folder();
        if (!ours) return c.fail(ours.error());
        data = *ours / "agent";
    }
    data = std::filesystem::absolute(data).lexically_normal();
    if (args.capacity < 1 || args.capacity > 1000) return c.usage("--capacity is a number from 1 to 1000");
    if (!args.backend.empty() && args.backend != "host" && args.backend != "sandbox" && args.backend != "container")
        return c.usage("--backend is host, sandbox or container");
    if (auto made = make_private_folder(data); !made) return c.fail(made.error());
    auto lock = process_lock::take(data / "agent.lock");
    if (!lock) {
        if (lock.error().code != errc::conflict) return c.fail(lock.error());
        return c.fail(failure(errc::refused, "another agent works in " + data.string() + " (" + lock.error().what +
                                                 "): end it, or name another place with --data"));
    }
    auto known = read_identity(data / "agent.json");
    if (!known && known.error().code == errc::not_found) known = come_to(c, args, data);
    if (!known) return c.fail(known.error());
    auto peer = server_at(args.server.empty() ? known->server : args.server, args.ca_file, args.insecure_http);
    if (!peer) return c.fail(peer.error());
    if (peer->where.base != known->server)
        return c.fail(failure(errc::refused, "this agent is known to " + known->server +
                                                 ": for another server name "
                                                 "another place with --data"));
    auto keys = vault::key_pairs::from_seed(known->seed.reveal());
    if (!keys) return c.fail(keys.error());
    if (auto cleared = clear_up(data); !cleared) return c.fail(cleared.error());

    const agent::link server(*peer, *keys, known->number);
    const exec::sandbox_options shown = sandbox_options_of(data);
    const agent::agent_options options{
        .server = server,
        .keys = *keys,
        .version = LATCHKEY_VERSION,
        .capacity = args.capacity,
        .once = args.once,
        .data = data,
        .make_backend =
            [&](boost::asio::any_io_executor ex, const std::string& wanted) {
                return exec::make_choosing_backend(
                    std::move(ex), {args.backend.empty() ? wanted : args.backend, exec::executor_mark(), shown});
            },
        .base_environment = base_environment(),
        .program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "latchkey-native").string(),
        .tell =
            [&c, &known](const std::string& line) {
                c.err << "agent " << plain(known->name) << ": " << plain(line) << "\n" << std::flush;
            },
    };
    c.out << "the agent " << plain(known->name) << " works for " << plain(known->server) << " with its data in "
          << plain(data.string()) << "\n"
          << std::flush;
    const auto done = agent::run_agent(options);
    if (!done && done.error().code == errc::denied) return c.fail(failure(errc::refused, done.error().what));
    if (!done) return c.fail(done.error());
    c.out << "the agent has ended\n";
    return exit_success;
}

}  // namespace latchkey::cli
