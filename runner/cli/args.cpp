// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args.hpp"

#include "runner/cli/commands.hpp"
#include "runner/cli/help.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>

namespace latchkey::cli {

namespace {

// Everything that a line can fill in. One object for all commands: a line is one command.
struct line {
    run_args run;
    approve_args approve;
    retry_args retry;
    runs_args runs;
    logs_args logs;
    files_args files;
    validate_args validate;
    plan_args plan;
    why_args why;
    integration_args integration;
    grant_args grant;
    audit_args audit;
    std::string number;
    std::string word;
    std::function<int(context&)> command;
};

CLI::App* add(CLI::App& to, const std::string& name, const std::string& what, const std::string& examples) {
    CLI::App* app = to.add_subcommand(name, what);
    app->footer(examples.empty() ? "" : "Examples:\n" + examples);
    app->set_help_flag("-h,--help", "Print this help");
    return app;
}

void add_secret_file(CLI::App* app, std::string& to) {
    app->add_option("--secret-file", to,
                    "Values for secret variables: KEY=value lines, or KEY<<END, lines, END; - is standard input")
        ->type_name("FILE");
}

void add_images(CLI::App* app, std::vector<std::string>& to) {
    app->add_option(
           "--image-for", to,
           "The image to run in place of one that is named: 'node:*=mirror.test/node:*'; the first that fits")
        ->type_name("PATTERN=IMAGE")
        ->allow_extra_args(false);
}

void add_running(CLI::App& app, line& l) {
    CLI::App* run = add(app, "run", "Run a pipeline",
                        "  latchkey run deploy\n  latchkey run deploy --var VERSION=1.2 --jobs 4\n"
                        "  latchkey run -f .buddy/nightly.yml --backend host\n");
    run->add_option("pipeline", l.run.pipeline, "Its name; may be left out where there is one only");
    run->add_option("-f,--file", l.run.file, "The pipeline file")->type_name("FILE");
    run->add_option("--var", l.run.variables, "A variable for this run; wins over those in the file")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    add_secret_file(run, l.run.secret_file);
    run->add_option("--ref", l.run.ref, "The full ref; the branch that is checked out if left out")->type_name("REF");
    run->add_option("--backend", l.run.backend,
                    "Where actions run: host, sandbox or container; else one with an image in a container, any other "
                    "in a sandbox")
        ->type_name("NAME");
    run->add_option("--memory", l.run.memory,
                    "The most memory that an action may use, as in 512M; in a sandbox or a container")
        ->type_name("SIZE");
    run->add_option("--cpus", l.run.cpus, "The most processors, as in 0.5")->type_name("N");
    run->add_option("--pids", l.run.pids, "The most processes")->type_name("N");
    add_images(run, l.run.images);
    run->add_flag("--no-network", l.run.no_network, "No network for actions, only a loopback of their own");
    run->add_flag("--checkout", l.run.checkout,
                  "Run in the pipeline's own files: the commit as it is in git, and what earlier runs left there");
    run->add_option("-j,--jobs", l.run.jobs, "How many actions may run at once")
        ->type_name("N")
        ->check(CLI::Range(1, 10000));
    run->add_option("--comment", l.run.comment, "Kept with the run")->type_name("TEXT");
    run->add_flag("-o,--output", l.run.output, "Print each action's output when it has ended");
    run->add_flag("--wait", l.run.wait, "Wait for a missing permission instead of failing");
    run->add_flag("--dry-run", l.run.dry_run, "Only say what would run, as `latchkey plan` does");
    run->add_option("--junit", l.run.junit, "Write the run to this file as a JUnit report, an action a test case")
        ->type_name("FILE");
    run->add_flag("--json", l.run.json, "JSON lines: one event a line");
    run->callback([&l] { l.command = [&l](context& c) { return run_command(c, l.run); }; });

    CLI::App* approve = add(app, "approve", "Answer an action that waits for an approval or for values",
                            "  latchkey approve 42\n  latchkey approve 42 \"Which version\" --var VERSION=1.2\n"
                            "  latchkey approve 42 --decline\n");
    approve->add_option("run", l.approve.run, "The run's number")->required();
    approve->add_option("action", l.approve.action, "Its name; may be left out where one waits only");
    approve->add_option("--var", l.approve.variables, "A value that it asks for")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    approve->add_flag("--decline", l.approve.decline, "Say no: the action fails");
    approve->callback([&l] { l.command = [&l](context& c) { return approve_command(c, l.approve); }; });

    CLI::App* retry = add(app, "retry", "Run a run again: what did not succeed, with the same file and commit",
                          "  latchkey retry 42\n  latchkey retry 42 --grant\n  latchkey retry 42 --grant --once\n"
                          "  latchkey retry 42 --from \"Publish\"\n");
    retry->add_option("run", l.retry.run, "Its number")->required();
    retry->add_flag("--grant", l.retry.grant, "Grant what it lacks, all or nothing, and retry");
    retry->add_option("--ref", l.retry.ref, "With --grant: for refs like this only")->type_name("PATTERN");
    retry->add_option("--expires", l.retry.expires, "With --grant: for so long, 30m, 2h or 7d")->type_name("TIME");
    retry->add_flag("--once", l.retry.once, "With --grant: for this run only");
    retry->add_option("--from", l.retry.from, "Execute again from this action on")->type_name("ACTION");
    retry->add_option("--only", l.retry.only, "Execute this action only")->type_name("ACTION");
    retry->add_flag("--all", l.retry.all, "Execute all of it again");
    add_secret_file(retry, l.retry.secret_file);
    retry->add_option("-j,--jobs", l.retry.jobs, "How many actions may run at once")
        ->type_name("N")
        ->check(CLI::Range(1, 10000));
    retry->add_flag("-o,--output", l.retry.output, "Print each action's output when it has ended");
    retry->add_flag("--json", l.retry.json, "JSON lines: one event a line");
    retry->callback([&l] { l.command = [&l](context& c) { return retry_command(c, l.retry); }; });

    CLI::App* cancel = add(app, "cancel", "Cancel a run that another process executes", "  latchkey cancel 42\n");
    cancel->add_option("run", l.number, "Its number")->required();
    cancel->callback([&l] { l.command = [&l](context& c) { return cancel_command(c, l.number); }; });

    CLI::App* runs = add(app, "runs", "List the runs of this project, newest first",
                         "  latchkey runs\n  latchkey runs deploy -n 5\n");
    runs->add_option("pipeline", l.runs.pipeline, "Only runs of this pipeline");
    runs->add_option("-n,--limit", l.runs.limit, "How many")
        ->type_name("N")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    runs->add_flag("--all-projects", l.runs.all_projects, "Runs of every project");
    runs->add_flag("--json", l.runs.json, "One JSON document");
    runs->callback([&l] { l.command = [&l](context& c) { return runs_command(c, l.runs); }; });

    CLI::App* logs = add(app, "logs", "Print what a run's actions printed",
                         "  latchkey logs 42\n  latchkey logs 42 \"Build the page\" -f\n");
    logs->add_option("run", l.logs.run, "Its number")->required();
    logs->add_option("action", l.logs.action, "Only this action");
    logs->add_option("--attempt", l.logs.attempt, "An earlier attempt")->type_name("N");
    logs->add_flag("-f,--follow", l.logs.follow, "Go on until the run has ended");
    logs->callback([&l] { l.command = [&l](context& c) { return logs_command(c, l.logs); }; });
}

void add_files(CLI::App& app, line& l) {
    CLI::App* files = add(app, "files", "List or print the files of a run that had its own (`run --checkout`)",
                          "  latchkey files 42\n  latchkey files 42 dist/app.js -o app.js\n"
                          "  latchkey files 42 dist --tar -o dist.tar\n");
    files->add_option("run", l.files.run, "Its number")->required();
    files->add_option("path", l.files.path, "A folder to list, or a file to print");
    files->add_option("-o,--output", l.files.output, "Write to this file, which must not exist yet")
        ->type_name("FILE");
    files->add_flag("--tar", l.files.tar, "As a tar archive, with all that is in it");
    files->callback([&l] { l.command = [&l](context& c) { return files_command(c, l.files); }; });
}

void add_reading(CLI::App& app, line& l) {
    CLI::App* validate =
        add(app, "validate", "Check pipeline files; exit code 3 if one has errors",
            "  latchkey validate\n  latchkey validate buddy.yml more.yml\n  latchkey validate pipelines/\n");
    validate->add_option("path", l.validate.paths, "Files and folders; the project's files if left out");
    validate->add_flag("--json", l.validate.json, "JSON lines: one file a line");
    validate->callback([&l] { l.command = [&l](context& c) { return validate_command(c, l.validate); }; });

    CLI::App* plan = add(app, "plan", "Say what a run would do, and which integrations it may use",
                         "  latchkey plan deploy\n  latchkey plan deploy --json\n");
    plan->add_option("pipeline", l.plan.pipeline, "Its name; may be left out where there is one only");
    plan->add_option("-f,--file", l.plan.file, "The pipeline file")->type_name("FILE");
    plan->add_option("--var", l.plan.variables, "A variable for the run")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    add_secret_file(plan, l.plan.secret_file);
    plan->add_option("--ref", l.plan.ref, "The full ref")->type_name("REF");
    add_images(plan, l.plan.images);
    plan->add_flag("--json", l.plan.json, "One JSON document");
    plan->callback([&l] { l.command = [&l](context& c) { return plan_command(c, l.plan); }; });

    CLI::App* why = add(app, "why", "Explain whether a pipeline may use an integration",
                        "  latchkey why deploy github_releases\n");
    why->add_option("pipeline", l.why.pipeline, "Its name")->required();
    why->add_option("integration", l.why.integration, "Identifier, hash id or number")->required();
    why->add_option("-f,--file", l.why.file, "The pipeline file")->type_name("FILE");
    why->add_option("--ref", l.why.ref, "As if the run had this ref")->type_name("REF");
    why->add_option("--user", l.why.user, "Who asks")->type_name("EMAIL");
    why->add_flag("--json", l.why.json, "One JSON document");
    why->callback([&l] { l.command = [&l](context& c) { return why_command(c, l.why); }; });
}

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
    one->callback([&l] { l.command = [&l](context& c) { return integration_add_command(c, l.integration); }; });

    one = add(*integration, "list", "List them", "  latchkey integration list\n  latchkey integration list --json\n");
    one->add_flag("--json", l.integration.json, "One JSON document");
    one->callback([&l] { l.command = [&l](context& c) { return integration_list_command(c, l.integration); }; });

    one = add(*integration, "show", "Show one and who may use it; secrets never come back",
              "  latchkey integration show github_releases\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_flag("--json", l.integration.json, "One JSON document");
    one->callback([&l] { l.command = [&l](context& c) { return integration_show_command(c, l.integration); }; });

    one = add(*integration, "edit", "Change its name, fields or permissions",
              "  latchkey integration edit aws --field secret_key=@new.txt --demand manage\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_option("--name", l.integration.new_name, "A new name")->type_name("NAME");
    add_rights(one, l);
    one->callback([&l] { l.command = [&l](context& c) { return integration_edit_command(c, l.integration); }; });

    one = add(*integration, "rm", "Remove it, with every permission to use it",
              "  latchkey integration rm aws\n  latchkey integration rm aws --yes\n");
    one->add_option("integration", l.integration.name, "Identifier, hash id or number")->required();
    one->add_flag("-y,--yes", l.integration.yes, "Do not ask");
    one->callback([&l] { l.command = [&l](context& c) { return integration_rm_command(c, l.integration); }; });

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
    grant->callback([&l] { l.command = [&l](context& c) { return grant_command(c, l.grant); }; });
    revoke->callback([&l] { l.command = [&l](context& c) { return revoke_command(c, l.grant); }; });

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
    verify->callback([&l] { l.command = [&l](context& c) { return audit_verify_command(c, l.audit); }; });
    add(*audit, "export", "Print all entries as JSON lines", "  latchkey audit export > audit.jsonl\n")
        ->callback([&l] { l.command = [&l](context& c) { return audit_export_command(c, l.audit); }; });
    CLI::App* tail = add(*audit, "tail", "Print the last entries", "  latchkey audit tail -n 50\n");
    tail->add_option("-n", l.audit.count, "How many")
        ->type_name("N")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    tail->add_flag("--json", l.audit.json, "JSON lines");
    tail->callback([&l] { l.command = [&l](context& c) { return audit_tail_command(c, l.audit); }; });
}

// Commands and options are known here only; the rest is known by the store and the project.
int complete_word(context& c, const CLI::App& app, const std::string& what) {
    if (what == "commands") {
        for (const CLI::App* sub : app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
            c.out << sub->get_name() << "\n";
        return exit_success;
    }
    std::istringstream words(what);
    std::string word;
    words >> word;
    if (word != "options") return complete_command(c, what);
    const CLI::App* at = &app;
    while (words >> word)
        for (const CLI::App* sub : at->get_subcommands([](const CLI::App*) { return true; }))
            if (sub->get_name() == word) {
                at = sub;
                break;
            }
    for (const CLI::Option* option : at->get_options([](const CLI::Option* o) { return o->nonpositional(); }))
        if (!option->get_lnames().empty()) c.out << "--" << option->get_lnames().front() << "\n";
    return exit_success;
}

void add_housekeeping(CLI::App& app, line& l) {
    CLI::App* key = add(app, "key", "The master key that seals all credentials", "  latchkey key rotate\n");
    key->require_subcommand(1);
    add(*key, "rotate", "Put a new master key in place of the old one", "  latchkey key rotate\n")->callback([&l] {
        l.command = key_rotate_command;
    });
    add(app, "doctor", "Say what is really active on this machine, and what is wrong", "  latchkey doctor\n")
        ->callback([&l] { l.command = doctor_command; });
    CLI::App* completion =
        add(app, "completion", "Print the completion script of a shell",
            "  latchkey completion bash > ~/.local/share/bash-completion/completions/latchkey\n  latchkey completion "
            "zsh > ~/.zfunc/_latchkey\n  latchkey completion fish > ~/.config/fish/completions/latchkey.fish\n");
    completion->add_option("shell", l.word, "bash, zsh or fish")->required();
    completion->callback([&l] { l.command = [&l](context& c) { return completion_command(c, l.word); }; });
    CLI::App* complete = app.add_subcommand("__complete", "")->group("");
    complete->add_option("what", l.word)->required();
    complete->callback([&l, &app] { l.command = [&l, &app](context& c) { return complete_word(c, app, l.word); }; });
}

}  // namespace

int run_line(context& c, std::vector<std::string> words) {
    CLI::App app{
        "Latchkey runs CI pipelines and holds the keys: a pipeline uses a credential only if it has been allowed to.",
        "latchkey"};
    app.require_subcommand(1);
    app.formatter(make_help_format());
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", "latchkey " LATCHKEY_VERSION, "Print the version");
    app.footer(
        "Exit codes: 0 success, 1 the run failed, 2 usage, 3 invalid pipeline definition,\n"
        "4 missing permissions, 5 infrastructure, 130 cancelled.\n`latchkey COMMAND --help` says more, with "
        "examples.");
    app.option_defaults()->always_capture_default(false);
    line l;
    add_running(app, l);
    add_files(app, l);
    add_reading(app, l);
    add_integrations(app, l);
    add_permissions(app, l);
    add_housekeeping(app, l);
    if (const std::string unknown = unknown_command(app, words); !unknown.empty()) {
        c.err << "latchkey: " << plain_lines(unknown) << "\n";
        return exit_usage;
    }
    std::reverse(words.begin(), words.end());  // as the library wants them
    try {
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        c.out << app.help();
        return exit_success;
    } catch (const CLI::CallForVersion& e) {
        c.out << e.what() << "\n";
        return exit_success;
    } catch (const CLI::ParseError& e) {
        const CLI::App* asked = &app;
        while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
        c.err << "latchkey: " << plain_lines(complaint_of(*asked, e)) << "\n";
        return exit_usage;
    }
    return l.command(c);
}

}  // namespace latchkey::cli
