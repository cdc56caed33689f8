// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"
#include "runner/cli/server_settings.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

void add_server(CLI::App& app, line& l) {
    CLI::App* server = add(app, "server", "Serve a team: the REST API, until it is told to end (TERM or INT)",
                           "  latchkey server\n  latchkey server --listen 127.0.0.1:8080 --data /var/lib/latchkey "
                           "--init-owner ana@acme.test\n      --init-workspace acme --token-file owner.token\n\n"
                           "Each option can be an environment variable too: LATCHKEY_SERVER_LISTEN for --listen.\n");
    for (const known_setting& known : known_settings()) {
        const std::string name(known.name);
        server
            ->add_option_function<std::string>(
                "--" + name, [&l, name](const std::string& value) { l.server.given[name] = value; },
                std::string(known.what))
            ->type_name(std::string(known.value))
            ->default_str(std::string(known.otherwise));
    }
    server->callback([&l] { l.command = [&l](context& c) { return server_command(c, l.server); }; });
}

}  // namespace latchkey::cli
