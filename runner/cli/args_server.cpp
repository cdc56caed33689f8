// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"
#include "runner/cli/server_settings.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

namespace {

using given = std::map<std::string, std::string>;

void add_setting(CLI::App* app, given& to, const std::string& name, std::string_view value, std::string_view what,
                 std::string_view otherwise) {
    app->add_option_function<std::string>(
           "--" + name, [&to, name](const std::string& said) { to[name] = said; }, std::string(what))
        ->type_name(std::string(value))
        ->default_str(std::string(otherwise));
}

void add_backup(CLI::App& app, line& l) {
    CLI::App* backup =
        add(app, "backup", "Copy a server's store and logs, while it runs",
            "  latchkey backup /backups/monday\n  latchkey backup /backups/monday.tar.gz --with-key "
            "/safe/master.key\n  latchkey backup home.tar --data ~/.local/share/latchkey\n\n"
            "The master key is not in a backup. A folder's SHA256SUMS can be checked with `sha256sum -c`.\n");
    backup->add_option("place", l.backup.place, "A new folder, or an archive: .tar, .tar.gz, .tar.xz, .tar.zst")
        ->required();
    backup->add_option("--with-key", l.backup.key_file, "Also write the master key to this new file (0600)")
        ->type_name("FILE");
    add_whose_data(backup, l.backup.given);
    backup->callback([&l] { l.command = [&l](context& c) { return backup_command(c, l.backup); }; });

    CLI::App* restore =
        add(app, "restore", "Make a server's data folder from a backup, checked and whole or not at all",
            "  latchkey restore /backups/monday.tar.gz --key /safe/master.key\n"
            "  latchkey restore /backups/monday --data /var/lib/latchkey\n");
    restore->add_option("place", l.restore.place, "What `latchkey backup` made")->required();
    restore->add_option("--key", l.restore.key_file, "Its master key, to be put in place")->type_name("FILE");
    add_whose_data(restore, l.restore.given);
    restore->callback([&l] { l.command = [&l](context& c) { return restore_command(c, l.restore); }; });
}

void add_migrate(CLI::App& app, line& l) {
    CLI::App* migrate = add(
        app, "migrate", "Copy a server's store from SQLite to PostgreSQL, whole or not at all",
        "  latchkey migrate --from sqlite:/var/lib/latchkey/latchkey.db --to "
        "postgresql://latchkey@db.acme.test/latchkey\n\n"
        "The server must not run. The master key and the logs stay in its data folder: start it there afterwards, "
        "with --store.\n");
    migrate->add_option("--from", l.migrate.from, "sqlite:FILE; it stays as it is")->type_name("URL")->required();
    migrate
        ->add_option("--to", l.migrate.to,
                     "An empty database: postgresql://USER@HOST/DATABASE, the password from ~/.pgpass or PGPASSWORD")
        ->type_name("URL")
        ->required();
    migrate->callback([&l] { l.command = [&l](context& c) { return migrate_command(c, l.migrate); }; });
}

}  // namespace

void add_whose_data(CLI::App* app, given& to) {
    for (const known_setting& known : known_settings())
        if (known.name == "data" || known.name == "store")
            add_setting(app, to, std::string(known.name), known.value, known.what, known.otherwise);
    add_setting(app, to, "config", "FILE", "The server's configuration file", "");
}

void add_server(CLI::App& app, line& l) {
    CLI::App* server = add(
        app, "server", "Serve a team: the REST API, until it is told to end (TERM or INT)",
        "  latchkey server\n  latchkey server --listen 127.0.0.1:8080 --data /var/lib/latchkey "
        "--init-owner ana@acme.test\n      --init-workspace acme --token-file owner.token\n\n"
        "An option wins over its environment variable (LATCHKEY_SERVER_TLS_CERT for --tls-cert), which wins over the "
        "file\n(tls_cert = \"…\"), which wins over the default.\n");
    for (const known_setting& known : known_settings())
        add_setting(server, l.server.given, std::string(known.name), known.value, known.what, known.otherwise);
    add_setting(server, l.server.given, "config", "FILE",
                "Read settings from it; else from server.toml in the data folder, or /etc/latchkey/server.toml", "");
    server->add_flag("--print-config", l.server.print_config,
                     "Only print every setting as such a file, with where it came from");
    server->callback([&l] { l.command = [&l](context& c) { return server_command(c, l.server); }; });
    add_backup(app, l);
    add_migrate(app, l);
}

}  // namespace latchkey::cli
