// SPDX-License-Identifier: Apache-2.0
//
// latchkey run, retry, cancel and approve, against a server.
#include "runner/cli/console.hpp"
#include "runner/cli/junit_report.hpp"
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/remote/run_view.hpp"
#include "runner/cli/remote/watch.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/run/missing.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

// What only a run on this machine can be told.
std::string local_option_in(const run_args& a) {
    const std::pair<const char*, bool> given[] = {{"--file", !a.file.empty()},     {"--backend", !a.backend.empty()},
                                                  {"--memory", !a.memory.empty()}, {"--cpus", !a.cpus.empty()},
                                                  {"--pids", !a.pids.empty()},     {"--image-for", !a.images.empty()},
                                                  {"--no-network", a.no_network},  {"--checkout", a.checkout},
                                                  {"--jobs", a.jobs > 0},          {"--dry-run", a.dry_run}};
    for (const auto& [name, said] : given)
        if (said) return name;
    return {};
}

failure only_here(const std::string& option) {
    return {errc::usage, option + " is for what runs on this machine: add --local, or leave it out"};
}

// Its values are wiped by whoever sends it: client::ask.
result<json> variables_of(context& c, const std::vector<std::string>& pairs, const std::string& secret_file) {
    auto plain_ones = parameters_of(pairs);
    if (!plain_ones) return plain_ones.error();
    json all = json::array();
    for (const auto& [name, value] : *plain_ones) all.push_back({{"key", name}, {"value", value}});
    if (secret_file.empty()) return all;
    auto secrets = read_secret_file(c, secret_file);
    if (!secrets) return secrets.error();
    for (const auto& [name, value] : *secrets)
        all.push_back({{"key", name}, {"value", std::string(value.reveal())}, {"encrypted", true}});
    return all;
}

result<void> add_ref(json& body, const std::string& ref) {
    if (ref.empty()) return {};
    auto known = ref_named(ref);
    if (!known) return known.error();
    const std::string name = known->name;
    if (known->type == policy::ref_type::branch)
        body["branch"] = {{"name", name.substr(std::string("refs/heads/").size())}};
    else if (known->type == policy::ref_type::tag)
        body["tag"] = {{"name", name.substr(std::string("refs/tags/").size())}};
    else
        body["pull_request"] = {{"name", name.substr(std::string("refs/").size())}};
    return {};
}

std::string question_for(const run::finished_attempt& f) {
    std::string names;
    for (const run::missing_integration& m : f.missing) {
        const std::size_t open = m.name.rfind('(');
        const std::string identifier = open == std::string::npos || !m.name.ends_with(')')
                                           ? m.name
                                           : m.name.substr(open + 1, m.name.size() - open - 2);
        names += (names.empty() ? "" : ", ") + identifier;
    }
    return "\nGrant \"" + plain(f.run.pipeline_name) + "\" permission to use " + plain(names) + " and retry?";
}

int granted_and_watched(place& p, const std::string& path, const json& execution, const grant_request& how,
                        const watch_settings& shown) {
    auto made = grant_and_retry(p, path, how);
    if (!made) return p.c().fail(made.error());
    if (made->execution.is_null()) {
        if (!shown.json) p.c().err << "latchkey: nothing was granted: not all of these are yours to grant\n";
        run::finished_attempt f =
            finished_of(execution, run_of(execution).attempts.back().number, true, made->missing);
        f.report = made->report.ends_with('\n') ? made->report : made->report + "\n";
        console view(p.c(), {shown.json, shown.output, nullptr});
        return view.finish(f);
    }
    auto seen = watch(p, made->execution, made->attempt, shown);
    return seen ? seen->code : p.c().fail(seen.error());
}

}  // namespace

int run_command(place& p, const run_args& args) {
    context& c = p.c();
    if (const std::string option = local_option_in(args); !option.empty()) return c.fail(only_here(option));
    auto pipeline = p.pipeline(args.pipeline);
    if (!pipeline) return c.fail(pipeline.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    json body = json::object();
    auto variables = variables_of(c, args.variables, args.secret_file);
    if (!variables) return c.fail(variables.error());
    if (!variables->empty()) body["variables"] = std::move(*variables);
    if (!args.comment.empty()) body["comment"] = args.comment;
    if (!args.priority.empty()) body["priority"] = args.priority;
    if (auto ref = add_ref(body, args.ref); !ref) return c.fail(ref.error());
    if (args.no_wait && !args.junit.empty())
        return c.usage("--junit is written when the run has ended: leave --no-wait out");
    std::string path = *project + "/pipelines/" + std::to_string(number_in(*pipeline, "id")) + "/executions";
    if (args.wait) {
        path = own(path);
        body["on_missing_permissions"] = "wait";
    }
    p.announce();
    auto made = p.api().call("POST", path, body);
    if (!made) {
        // What the server can't run is a definition with errors; they are in its words.
        if (made.error().code != errc::refused) return c.fail(made.error());
        if (!args.junit.empty()) {
            run::finished_attempt invalid;
            invalid.outcome = run::outcome::invalid;
            invalid.run.pipeline_name = text_in(*pipeline, "name");
            invalid.report = made.error().what + "\n";
            if (auto written = write_report(args.junit, junit_report().text(invalid)); !written)
                return c.fail(written.error());
        }
        return c.fail(failure(errc::invalid, made.error().what));
    }
    if (args.no_wait) {
        c.out << plain(text_in(*pipeline, "name")) << " #" << number_in(*made, "id") << " is on its way\n"
              << aligned({{"follow", "latchkey logs " + std::to_string(number_in(*made, "id")) + " -f"}}, "  ");
        return exit_success;
    }
    const watch_settings how{args.json, args.output, args.junit};
    auto seen = watch(p, *made, 1, how);
    if (!seen) return c.fail(seen.error());
    const bool ask = seen->finished.outcome == run::outcome::denied && !args.json && c.interactive;
    if (!ask || !seen->may_grant_and_retry || !ask_yes(c, question_for(seen->finished))) return seen->code;
    return granted_and_watched(p, seen->path, *made, {}, how);
}

int retry_command(place& p, const retry_args& args) {
    context& c = p.c();
    if (!args.grant && (!args.ref.empty() || !args.expires.empty() || args.once))
        return c.usage("--ref, --expires and --once say how to grant: add --grant");
    if (auto pattern = check_ref_pattern(args.ref); !pattern) return c.fail(pattern.error());
    if (args.jobs > 0) return c.fail(only_here("--jobs"));
    if (!args.from.empty() + !args.only.empty() + args.all > 1)
        return c.usage("--from, --only and --all exclude each other");
    if (args.grant && !args.secret_file.empty())
        return c.usage("a server takes no --secret-file together with --grant");
    auto run = p.execution(args.run);
    if (!run) return c.fail(run.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    const std::string path = path_of_execution(*project, *run);
    const watch_settings how{args.json, args.output, args.junit};
    json body = json::object();
    if (!args.from.empty()) body["from"] = args.from;
    if (!args.only.empty()) body["only"] = args.only;
    if (args.all) body["all"] = true;
    p.announce();
    if (args.grant) return granted_and_watched(p, path, *run, {args.ref, args.expires, args.once, body}, how);
    auto variables = variables_of(c, {}, args.secret_file);
    if (!variables) return c.fail(variables.error());
    if (!variables->empty()) body["variables"] = std::move(*variables);
    auto made = p.api().call("POST", own(path) + "/retry", body);
    if (!made) return c.fail(made.error());
    auto seen = watch(p, *made, run_of(*made).attempts.back().number, how);
    return seen ? seen->code : c.fail(seen.error());
}

int cancel_command(place& p, const std::string& number) {
    context& c = p.c();
    auto run = p.execution(number);
    if (!run) return c.fail(run.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    p.announce();
    auto done = p.api().call("PATCH", path_of_execution(*project, *run), {{"operation", "CANCEL"}});
    if (!done) return c.fail(done.error());
    c.out << plain(run_of(*run).pipeline_name) << " #" << number_in(*run, "id") << " is being cancelled\n";
    return exit_success;
}

int approve_command(place& p, const approve_args& args) {
    context& c = p.c();
    auto run = p.execution(args.run);
    if (!run) return c.fail(run.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    json body = {{"accepted", !args.decline}};
    auto variables = variables_of(c, args.variables, {});
    if (!variables) return c.fail(variables.error());
    if (!variables->empty()) body["variables"] = std::move(*variables);
    if (!args.action.empty()) {
        const std::vector<std::string> names = action_names_of(*run);
        if (std::ranges::find(names, args.action) == names.end())
            return c.usage("run " + args.run + " has no action \"" + args.action + "\"");
        body["action"] = args.action;
    }
    p.announce();
    auto done = p.api().call("POST", own(path_of_execution(*project, *run)) + "/answer", body);
    if (!done) return c.fail(done.error());
    c.out << plain(run_of(*run).pipeline_name) << " #" << number_in(*run, "id") << ": \""
          << plain(text_in(*done, "answered")) << "\" is " << (args.decline ? "declined" : "approved") << "\n";
    return exit_success;
}

}  // namespace latchkey::cli::remote
