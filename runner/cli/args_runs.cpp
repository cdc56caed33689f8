// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

namespace {

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

}  // namespace

void add_run(CLI::App& app, line& l) {
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
    run->add_option("--priority", l.run.priority, "On a server: LOW, NORMAL or HIGH")->type_name("LEVEL");
    run->add_flag("--no-wait", l.run.no_wait, "On a server: start it and go");
    run->add_flag("-o,--output", l.run.output, "Print each action's output when it has ended");
    run->add_flag("--wait", l.run.wait, "Wait for a missing permission instead of failing");
    run->add_flag("--dry-run", l.run.dry_run, "Only say what would run, as `latchkey plan` does");
    run->add_option("--junit", l.run.junit, "Write the run to this file as a JUnit report, an action a test case")
        ->type_name("FILE");
    run->add_flag("--json", l.run.json, "JSON lines: one event a line");
    add_place(run, l);
    run->callback([&l] { act(l, run_command, remote::run_command, l.run); });
}

void add_running(CLI::App& app, line& l) {
    CLI::App* approve = add(app, "approve", "Answer an action that waits for an approval or for values",
                            "  latchkey approve 42\n  latchkey approve 42 \"Which version\" --var VERSION=1.2\n"
                            "  latchkey approve 42 --decline\n");
    approve->add_option("run", l.approve.run, "The run's number")->required();
    approve->add_option("action", l.approve.action, "Its name; may be left out where one waits only");
    approve->add_option("--var", l.approve.variables, "A value that it asks for")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    approve->add_flag("--decline", l.approve.decline, "Say no: the action fails");
    add_place(approve, l);
    approve->callback([&l] { act(l, approve_command, remote::approve_command, l.approve); });

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
    retry->add_option("--junit", l.retry.junit, "Write the attempt to this file as a JUnit report, as `run` does")
        ->type_name("FILE");
    retry->add_flag("--json", l.retry.json, "JSON lines: one event a line");
    add_place(retry, l);
    retry->callback([&l] { act(l, retry_command, remote::retry_command, l.retry); });

    CLI::App* cancel = add(app, "cancel", "Cancel a run that another process executes", "  latchkey cancel 42\n");
    cancel->add_option("run", l.number, "Its number")->required();
    add_place(cancel, l);
    cancel->callback([&l] { act(l, cancel_command, remote::cancel_command, l.number); });

    CLI::App* runs = add(app, "runs", "List the runs of this project, newest first",
                         "  latchkey runs\n  latchkey runs deploy -n 5\n");
    runs->add_option("pipeline", l.runs.pipeline, "Only runs of this pipeline");
    runs->add_option("-n,--limit", l.runs.limit, "How many")
        ->type_name("N")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    runs->add_flag("--all-projects", l.runs.all_projects, "Runs of every project");
    runs->add_flag("--json", l.runs.json, "One JSON document");
    add_place(runs, l);
    runs->callback([&l] { act(l, runs_command, remote::runs_command, l.runs); });

    CLI::App* logs = add(app, "logs", "Print what a run's actions printed",
                         "  latchkey logs 42\n  latchkey logs 42 \"Build the page\" -f\n");
    logs->add_option("run", l.logs.run, "Its number")->required();
    logs->add_option("action", l.logs.action, "Only this action");
    logs->add_option("--attempt", l.logs.attempt, "An earlier attempt")->type_name("N");
    logs->add_flag("-f,--follow", l.logs.follow, "Go on until the run has ended");
    add_place(logs, l);
    logs->callback([&l] { act(l, logs_command, remote::logs_command, l.logs); });
    add_files(app, l);
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
    add_place(why, l);
    why->callback([&l] { act(l, why_command, remote::why_command, l.why); });
}

}  // namespace latchkey::cli
