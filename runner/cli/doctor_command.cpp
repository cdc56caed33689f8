// SPDX-License-Identifier: Apache-2.0
//
// latchkey doctor: what is really active on this machine.
#include "runner/cli/commands.hpp"
#include "runner/cli/remote/login.hpp"
#include "runner/cli/server_settings.hpp"
#include "runner/exec/capture.hpp"
#include "runner/exec/container.hpp"
#include "runner/exec/host.hpp"
#include "runner/exec/sandbox.hpp"
#include "runner/exec/script.hpp"
#include "runner/vault/master_key.hpp"

#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::cli {

namespace {

std::string mode_of(const std::filesystem::path& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return "not there yet";
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(facts.st_mode & 07777U));
    return text;
}

std::string version_of(const std::string& program) {
    const auto said = exec::capture({program, "--version"}, "/", std::chrono::seconds(5));
    if (!said) return "not installed";
    return plain(said->output.substr(0, said->output.find('\n')));
}

// What `latchkey server` would be told here.
template <class Row>
void add_server_settings(context& c, const Row& row) {
    const auto all = gather_settings(c, {});
    const auto read = all ? read_settings(*all) : result<server_options>(all.error());
    if (!read) return row(false, "server", read.error().what);
    for (const auto& [name, said] : *all) row(true, "server " + name, said.value + " (" + said.origin + ")");
}

}  // namespace

int doctor_command(context& c) {
    bool well = true;
    std::vector<std::vector<std::string>> rows;
    // One row; a problem has its remedy in the text.
    const auto row = [&](bool good, const std::string& what, const std::string& is) {
        rows.push_back({good ? "✓" : "✗", what, plain(is)});
        well = well && good;
    };
    auto data = c.data_folder();
    if (!data) return c.fail(data.error());
    row(true, "data", data->string() + " (" + mode_of(*data) + ")");
    auto s = c.store();
    row(s.has_value(), "store",
        s ? "SQLite, " + (*data / "latchkey.db").string() + " (" + mode_of(*data / "latchkey.db") +
                "); survives kill -9"
          : s.error().what);
    if (s) {
        auto keys = (*s)->keys();
        auto master = vault::load_master_key(*data / "master.key", false);
        if (!keys)
            row(false, "vault", keys.error().what);
        else if (keys->empty() && !master)
            row(true, "vault", "empty: the master key is made with the first integration");
        else if (!master)
            row(false, "vault", master.error().what);
        else
            row(vault::vault::unlock(*master, *keys).has_value(), "vault",
                "master key from " + master->origin + ", " + std::to_string(keys->size()) + " data key" +
                    (keys->size() == 1 ? "" : "s") +
                    (vault::vault::unlock(*master, *keys) ? "" : ": does not open what is stored"));
        policy::chain_verifier verifier;
        const auto walked = (*s)->walk_audit(1, [&](const policy::audit_entry& e) { return verifier.feed(e); });
        row(walked && verifier.first_broken() == 0, "audit",
            std::to_string(verifier.verified()) + " entries" +
                (verifier.first_broken() == 0
                     ? ", none touched"
                     : "; entry " + std::to_string(verifier.first_broken()) + " was touched"));
    }
    const exec::isolation isolation = exec::make_host_backend({})->isolation();
    row(true, "host backend",
        std::string("own session") +
            (isolation.own_pid_namespace ? ", own process namespace and /proc" : "; " + isolation.note) +
            "; actions run as you do, with your files and network");
    const auto sandbox = exec::try_sandbox_now();
    row(true, "sandbox",
        sandbox ? "bubblewrap: own process, mount, IPC and user namespaces, no capabilities, system calls filtered, "
                  "only the workspace writable"
                : sandbox.error().what + ": actions without an image run as processes of this machine");
    const auto engine = exec::find_engine_now();
    row(true, "containers",
        engine ? engine->second.name + " " + engine->second.version + " (API " + engine->second.api_version +
                     ") at " + engine->first
               : engine.error().what + ": actions that name an image need --backend host");
    for (const auto& [name, shell] : {std::pair("SH", exec::shell::sh), std::pair("BASH", exec::shell::bash),
                                      std::pair("POWERSHELL", exec::shell::powershell)}) {
        const std::string program = exec::program_of(shell);
        row(!program.empty() || shell == exec::shell::powershell, std::string("shell ") + name,
            program.empty() ? "not installed" : program);
    }
    row(true, "git", version_of("git"));
    row(true, "project", c.project_root().string());
    const auto login = remote::find_login();
    row(login.has_value(), "commands",
        !login ? login.error().what
        : !*login
            ? "act on this machine"
            : "act on " + plain((*login)->server) + ", as " + (*login)->from + " has it; --local on this machine");
    add_server_settings(c, row);
    c.out << aligned(rows);
    return well ? exit_success : exit_infrastructure;
}

}  // namespace latchkey::cli
