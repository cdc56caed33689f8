// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace latchkey::cli {

void add_policy(CLI::App& app, line& l) {
    CLI::App* e = add(app, "export", "Write who may use what on a server as YAML, without any secret",
                      "  latchkey export -o access.yml\n");
    e->add_option("-o,--output", l.policy.output, "The file; else it is printed")->type_name("FILE");
    add_server_place(e, l);
    e->callback([&l] { act_there(l, remote::export_command, l.policy); });

    CLI::App* a =
        add(app, "apply", "Make a server as such a file says",
            "  latchkey apply access.yml\n  latchkey apply access.yml --check\n  latchkey apply access.yml --yes\n\n"
            "The file says all of what it names: whoever is not in a group's list there is taken out of it. Groups,\n"
            "integrations and projects that it does not name stay as they are, unless --prune is given.\n"
            "--check exits with 1 where the server is not as the file says.\n");
    a->add_option("file", l.policy.file, "The file; - is standard input")->required();
    a->add_flag("--dry-run", l.policy.dry_run, "Only say what would be done");
    a->add_flag("--check", l.policy.check, "The same, and exit with 1 if there is anything");
    a->add_flag("--prune", l.policy.prune, "Remove the groups and integrations that the file does not name");
    a->add_flag("-y,--yes", l.policy.yes, "Do not ask");
    add_server_place(a, l);
    a->callback([&l] { act_there(l, remote::apply_command, l.policy); });
}

void add_compatible(CLI::App& app, CLI::App* pipeline, line& l) {
    add(app, "version", "Print the version", "  latchkey version\n")->callback([&l] {
        l.command = [](context& c) {
            c.out << "Current version: " LATCHKEY_VERSION "\nLatest version: " LATCHKEY_VERSION "\n";
            return exit_success;
        };
    });
    CLI::App* run = add(*pipeline, "run", "As Buddy's command line has it", "  latchkey pipeline run start deploy\n");
    run->require_subcommand(1);
    CLI::App* start = add(
        *run, "start", "Run a pipeline, with the options of Buddy's command line",
        "  latchkey pipeline run start deploy --workspace acme --project web --branch main\n\n"
        "BUDDY_API_ENDPOINT and BUDDY_TOKEN, both set, say which server; else it is the one of `latchkey login`.\n");
    start->add_option("pipeline", l.start.pipeline, "Its identifier, name or number")->required();
    start->add_option("-w,--workspace", l.start.workspace, "The workspace")->type_name("NAME");
    start->add_option("-p,--project", l.start.project, "The project")->type_name("NAME");
    start->add_option("--comment", l.start.comment, "Kept with the run")->type_name("TEXT");
    start->add_option("--branch", l.start.branch, "Of this branch")->type_name("NAME");
    start->add_option("--tag", l.start.tag, "Of this tag")->type_name("NAME");
    start->add_option("--pull-request", l.start.pull_request, "Of this pull request")->type_name("NAME");
    start->add_option("--revision", l.start.revision, "Of this commit")->type_name("HASH");
    start->add_option("--priority", l.start.priority, "LOW, NORMAL or HIGH")->type_name("LEVEL");
    start->add_option("--schedule", l.start.schedule, "Not before this time: 2030-01-02T03:04:05Z")
        ->type_name("TIME");
    start->add_option("--action", l.start.actions, "Only this action")->type_name("NAME")->allow_extra_args(false);
    start->add_option("--variable", l.start.variables, "A variable")->type_name("KEY:VALUE")->allow_extra_args(false);
    start
        ->add_option("--variable-masked", l.start.masked_variables,
                     "The same, masked in logs; others on this machine can read the command line")
        ->type_name("KEY:VALUE")
        ->allow_extra_args(false);
    start->add_flag("--refresh", l.start.refresh, "Fetch everything anew");
    start->add_flag("--clear-cache", l.start.clear_cache, "Empty the pipeline's caches before it");
    start->add_flag("--no-wait", l.start.no_wait, "Start it and go");
    start->callback([&l] { l.command = [&l](context& c) { return remote::start_command(c, l.start); }; });
}

}  // namespace latchkey::cli
