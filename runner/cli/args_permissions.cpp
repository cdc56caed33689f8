// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

namespace {

void add_rights(CLI::App* app, line& l) {
    app->add_option("--field", l.integration.fields,
                    "A credential field: =@FILE or =- (standard input); plain text for what is no secret")
        ->type_name("NAME=SOURCE")
        ->allow_extra_args(false);
    app->add_flag("--all-pipelines", l.integration.all_pipelines, "Allow every pipeline in its scope");
    app->add_flag("--listed-pipelines", l.integration.listed_pipelines, "Allow only pipelines that were granted it");
    app->add_option("--admins", l.integration.admins, "Level of administrators: deny, delete-only, use, manage")
        ->type_name("LEVEL");
    app->add_option("--others", l.integration.others, "Level of everybody else")->type_name("LEVEL");
    app->add_option("--demand", l.integration.demand, "Level that granting it demands: use or manage")
        ->type_name("LEVEL");
}

}  // namespace

void add_integrations(CLI::App& app, line& l) {
    CLI::App* integration =
        add(app, "integration", "Credentials: add, list, show, edit, remove",
            "  latchkey integration add \"GitHub releases\" --type GIT_HUB\n  latchkey integration list\n");
    integration->require_subcommand(1);
    CLI::App* one = add(*integration, "add", "Add a credential; no pipeline may use it until it is granted",
                        "  latchkey integration add \"GitHub releases\" --type GIT_HUB\n"
                        "  latchkey integration add aws --type AMAZON --field access_key=@id.txt --field "
                        "secret_key=@key.txt --field region=eu-west-1\n"
                        "  pass show token | latchkey integration add gh --type GIT_HUB --field token=-\n");
    one->add_option("name", l.integration.name, "Its name, for people")->required();
    one->add_option("--type", l.integration.type, "AMAZON, GIT_HUB, …: `latchkey integration types`")
        ->required()
        ->type_name("TYPE");
    one->add_option("--identifier", l.integration.identifier,
                    "What pipeline files call it; made from the name if left out")
        ->type_name("ID");
    one->add_option("--scope", l.integration.scope, "workspace, or project for this project only")
        ->capture_default_str()
        ->type_name("SCOPE");
    add_rights(one, l);
    add_place(one, l);
    one->callback([&l] { act(l, integration_add_command, remote::integration_add_command, l.integration); });

    one = add(*integration, "list", "List them", "  latchkey integration list\n  latchkey integration list --json\n");
    one->add_flag("--json", l.integration.json, "One JSON document");
    add_place(one, l);
    one->callback([&l] { act(l, integration_list_command, remote::integration_list_command, l.integration); });

    one = add(*integration, "show", "Show one and who may use it; secrets never come back",
              "  latchkey integration show github_releases\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_flag("--json", l.integration.json, "One JSON document");
    add_place(one, l);
    one->callback([&l] { act(l, integration_show_command, remote::integration_show_command, l.integration); });

    one = add(*integration, "edit", "Change its name, fields or permissions",
              "  latchkey integration edit aws --field secret_key=@new.txt --demand manage\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_option("--name", l.integration.new_name, "A new name")->type_name("NAME");
    add_rights(one, l);
    add_place(one, l);
    one->callback([&l] { act(l, integration_edit_command, remote::integration_edit_command, l.integration); });

    one = add(*integration, "rm", "Remove it, with every permission to use it",
              "  latchkey integration rm aws\n  latchkey integration rm aws --yes\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_flag("-y,--yes", l.integration.yes, "Do not ask");
    add_place(one, l);
    one->callback([&l] { act(l, integration_rm_command, remote::integration_rm_command, l.integration); });

    one = add(*integration, "types", "List the types, or the fields of one", "  latchkey integration types AMAZON\n");
    one->add_option("type", l.integration.name, "AMAZON, GIT_HUB, …");
    one->callback([&l] { l.command = [&l](context& c) { return integration_types_command(c, l.integration); }; });
}

void add_permissions(CLI::App& app, line& l) {
    CLI::App* grant = add(app, "grant", "Allow a pipeline to use an integration",
                          "  latchkey grant aws --pipeline deploy\n  latchkey grant aws --pipeline deploy --ref "
                          "'refs/heads/main' --expires 2h\n"
                          "  latchkey grant aws --pipeline deploy --once --run 42\n");
    CLI::App* revoke =
        add(app, "revoke", "Take the permission away; a run that is under way is stopped at its next use",
            "  latchkey revoke aws --pipeline deploy\n");
    for (CLI::App* each : {grant, revoke}) {
        each->add_option("integration", l.grant.integration, "Identifier, hash id or number")->required();
        each->add_option("--pipeline", l.grant.pipeline, "The pipeline's name")->required()->type_name("NAME");
        each->add_option("-f,--file", l.grant.file, "The file it is in")->type_name("FILE");
    }
    grant->add_option("--ref", l.grant.ref, "For refs like this only; * stands for anything")->type_name("PATTERN");
    grant->add_option("--expires", l.grant.expires, "For so long: 30m, 2h or 7d")->type_name("TIME");
    grant->add_flag("--once", l.grant.once, "For one run only, named with --run");
    grant->add_option("--run", l.grant.run, "The run")->type_name("N");
    add_place(grant, l);
    grant->callback([&l] { act(l, grant_command, remote::grant_command, l.grant); });
    add_place(revoke, l);
    revoke->callback([&l] { act(l, revoke_command, remote::revoke_command, l.grant); });

    CLI::App* audit =
        add(app, "audit", "The log of every decision, grant and use",
            "  latchkey audit verify\n  latchkey audit tail -n 50\n  latchkey audit export > audit.jsonl\n");
    audit->require_subcommand(1);
    CLI::App* verify =
        add(*audit, "verify", "Prove that no entry was touched, or name the first that was",
            "  latchkey audit verify\n  latchkey audit verify --expect 42:9f86d081…\n\n"
            "Who can write the store can also write a whole new log. Keep the head that this prints somewhere else:\n"
            "--expect proves that the log still begins with what it was then.\n");
    verify->add_option("--expect", l.audit.expect, "A head that was printed before")->type_name("COUNT:HASH");
    add_place(verify, l);
    verify->callback([&l] { act(l, audit_verify_command, remote::audit_verify_command, l.audit); });
    CLI::App* all =
        add(*audit, "export", "Print all entries as JSON lines", "  latchkey audit export > audit.jsonl\n");
    add_place(all, l);
    all->callback([&l] { act(l, audit_export_command, remote::audit_export_command, l.audit); });
    CLI::App* tail = add(*audit, "tail", "Print the last entries", "  latchkey audit tail -n 50\n");
    tail->add_option("-n", l.audit.count, "How many")
        ->type_name("N")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    tail->add_flag("--json", l.audit.json, "JSON lines");
    add_place(tail, l);
    tail->callback([&l] { act(l, audit_tail_command, remote::audit_tail_command, l.audit); });
}

}  // namespace latchkey::cli
