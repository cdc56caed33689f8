// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"
#include "runner/cli/server_settings.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

void add_server(CLI::App& app, line& l) {
    CLI::App* server = add(
        app, "server", "Serve a team: the REST API, until it is told to end (TERM or INT)",
        "  latchkey server\n  latchkey server --listen 127.0.0.1:8080 --data /var/lib/latchkey "
        "--init-owner ana@acme.test\n      --init-workspace acme --token-file owner.token\n\n"
        "An option wins over its environment variable (LATCHKEY_SERVER_TLS_CERT for --tls-cert), which wins over the "
        "file\n(tls_cert = \"…\"), which wins over the default.\n");
    const auto add_setting = [&](const std::string& name, std::string_view value, std::string_view what,
                                 std::string_view otherwise) {
        server
            ->add_option_function<std::string>(
                "--" + name, [&l, name](const std::string& said) { l.server.given[name] = said; }, std::string(what))
            ->type_name(std::string(value))
            ->default_str(std::string(otherwise));
    };
    for (const known_setting& known : known_settings())
        add_setting(std::string(known.name), known.value, known.what, known.otherwise);
    add_setting("config", "FILE",
                "Read settings from it; else from server.toml in the data folder, or /etc/latchkey/server.toml", "");
    server->add_flag("--print-config", l.server.print_config,
                     "Only print every setting as such a file, with where it came from");
    server->callback([&l] { l.command = [&l](context& c) { return server_command(c, l.server); }; });
}

}  // namespace latchkey::cli
