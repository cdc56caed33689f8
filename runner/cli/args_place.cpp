// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

void add_server_place(CLI::App* app, line& l) {
    app->add_option("--workspace", l.where.workspace, "On the server: the workspace")->type_name("NAME");
    app->add_option("--project", l.where.project, "On the server: the project")->type_name("NAME");
}

void add_place(CLI::App* app, line& l) {
    add_server_place(app, l);
    app->add_flag("--local", l.where.local, "On this machine, whatever server you are logged in to");
}

void add_login(CLI::App& app, line& l) {
    CLI::App* login = add(
        app, "login", "Act on a server from now on",
        "  latchkey login https://ci.example.test\n"
        "  latchkey login https://ci.example.test --workspace acme --project web --token-file token.txt\n"
        "  pass show latchkey | latchkey login https://ci.example.test --token-file -\n\n"
        "LATCHKEY_SERVER and LATCHKEY_TOKEN, both set, win over a login; so do LATCHKEY_WORKSPACE, LATCHKEY_PROJECT\n"
        "and LATCHKEY_CA over what it kept. The token is kept in ~/.config/latchkey/login.json (0600).\n");
    login->add_option("url", l.login.url, "Where it is: https://HOST, or http://127.0.0.1:PORT")->required();
    login
        ->add_option("--token-file", l.login.token_file,
                     "A file with your token, or - for standard input; else it is "
                     "asked for")
        ->type_name("FILE");
    login->add_option("--workspace", l.login.workspace, "Of commands that don't say one")->type_name("NAME");
    login->add_option("--project", l.login.project, "Likewise")->type_name("NAME");
    login->add_option("--ca", l.login.ca_file, "Trust the certificates in this file (PEM)")->type_name("FILE");
    login->add_flag("--insecure-http", l.login.insecure_http, "Allow http to another machine, where others can read");
    login->callback([&l] { l.command = [&l](context& c) { return remote::login_command(c, l.login); }; });
    add(app, "logout", "Forget the login; commands act on this machine again", "  latchkey logout\n")->callback([&l] {
        l.command = remote::logout_command;
    });
    add(app, "whoami", "Say who you are on the server, and where that is known from", "  latchkey whoami\n")
        ->callback([&l] { l.command = remote::whoami_command; });
}

}  // namespace latchkey::cli
