// SPDX-License-Identifier: Apache-2.0
//
// latchkey run, retry, cancel.
#include "runner/cli/approve_command.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/environment.hpp"
#include "runner/cli/files.hpp"
#include "runner/cli/junit_report.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/source/git.hpp"

#include <ostream>
#include <sys/random.h>
#include <thread>

namespace latchkey::cli {

namespace {

store::facts limits_of(const run_args& args) {
    store::facts limits;
    for (const auto& [name, value] :
         {std::pair("memory", args.memory), std::pair("cpus", args.cpus), std::pair("pids", args.pids)})
        if (!value.empty()) limits.emplace_back(name, value);
    if (args.no_network) limits.emplace_back("network", "off");
    return limits;
}

int jobs_or_all(int jobs) {
    return jobs > 0 ? jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// One retry by a person is one attempt, however often a request is sent.
std::string fresh_key() {
    unsigned char bytes[16] = {};
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return {};
    std::string key;
    for (const unsigned char b : bytes) {
        key.push_back("0123456789abcdef"[b >> 4U]);
        key.push_back("0123456789abcdef"[b & 15U]);
    }
    return key;
}

run::run_options options_for(context& c, console& view, int jobs, bool wait) {
    run::run_options o;
    o.on_wait_for_files = [&c] {
        c.err << "latchkey: another run works in this pipeline's files: waiting until it has ended\n" << std::flush;
    };
    o.jobs = jobs_or_all(jobs);
    o.wait_for_permission = wait;
    o.on_plan = [&view](const store::run_record& r, int attempt, const pipelines::plan& p,
                        const pipelines::source& s) { view.on_plan(r, attempt, p, s); };
    o.on_event = [&view](const run::event& e) { view.on_event(e); };
    return o;
}

// A retry runs what the run had: the same commit, and a tree without changes if it had none.
result<void> same_source(context& c, const store::run_source& source) {
    if (!source.repository.empty()) return {};  // the commit is checked out for it, whatever is here
    auto git = git_facts_of(c.project_root());
    if (!git) return git.error();
    const std::string now = *git ? (*git)->commit : "";
    if (now != source.commit)
        return failure(errc::conflict, "the work tree is at " + (now.empty() ? "no commit" : now.substr(0, 10)) +
                                           " and the run was at " +
                                           (source.commit.empty() ? "none" : source.commit.substr(0, 10)) +
                                           ": check that out, or start a new run");
    if (*git && (*git)->dirty && !source.dirty)
        return failure(
            errc::conflict,
            "the work tree has changes that the run did not have: commit or stash them, or start a new run");
    return {};
}

// For a run in the pipeline's own files, which are the commit's.
result<void> use_own_files(context& c, store::run_source& source, const chosen_pipeline& chosen) {
    if (source.commit.empty())
        return failure(errc::usage, "there is no commit here: --checkout runs what is committed to git");
    auto committed = source::git(c.project_root(), {"cat-file", "blob", source.commit + ":" + source.file});
    if (!committed) return committed.error();
    if (committed->exit_code != 0 || committed->output != chosen.definition->source.text())
        c.err << "latchkey: " << plain(source.file) << " is taken as it is here, which is not what is committed\n";
    source.repository = c.project_root().string();
    source.dirty = false;
    return {};
}

bool may_grant_all(const run::finished_attempt& f) {
    for (const run::missing_integration& m : f.missing)
        if (!m.may_grant) return false;
    return !f.missing.empty();
}

// The question on a terminal after a denial.
std::string question_for(const run::finished_attempt& f) {
    std::string names;
    for (const run::missing_integration& m : f.missing) {
        const std::size_t open = m.name.rfind('(');
        names += (names.empty() ? "" : ", ") + m.name.substr(open + 1, m.name.size() - open - 2);
    }
    return "\nGrant \"" + plain(f.run.pipeline_name) + "\" permission to use " + plain(names) + " and retry?";
}

// The report is told of what the screen is told of.
void tell_too(junit_report& report, run::run_options& options) {
    options.on_plan = [&report, show = std::move(options.on_plan)](const auto& r, int n, const auto& p,
                                                                   const auto& s) {
        report.on_plan(p);
        show(r, n, p, s);
    };
    options.on_event = [&report, show = std::move(options.on_event)](const run::event& e) {
        report.on_event(e);
        show(e);
    };
}

int retry_and_show(context& c, run::service& s, const run::retry_request& request, const retry_args& args,
                   std::map<std::string, vault::secret> secrets) {
    console view(c, {args.json, args.output, log_files_in(s.logs())});
    run::run_options options = options_for(c, view, args.jobs, false);
    options.secrets = std::move(secrets);
    junit_report report;
    if (!args.junit.empty()) tell_too(report, options);
    const auto check = [&c](const store::run_source& source) { return same_source(c, source); };
    auto done = s.retry(request, std::move(options), check);
    if (!done) return c.fail(done.error());
    if (request.grant && done->outcome == run::outcome::denied && !args.json)
        c.err << "latchkey: nothing was granted: not all of these are yours to grant\n";
    const int code = view.finish(*done);
    if (!args.junit.empty())
        if (auto written = write_report(args.junit, report.text(*done)); !written) return c.fail(written.error());
    return code;
}

}  // namespace

int run_command(context& c, const run_args& args) {
    if (!args.priority.empty() || args.no_wait)
        return c.usage("--priority and --no-wait are for runs on a server: `latchkey login URL` first");
    auto choice = choose_pipeline(c, args.pipeline, args.file, args.dry_run ? purpose::look : purpose::use);
    if (!choice) return c.fail(choice.error());
    if (!choice->chosen) {
        c.err << choice->invalid;
        return exit_invalid;
    }
    if (args.dry_run)
        return plan_command(
            c, {args.pipeline, args.file, args.variables, args.secret_file, args.ref, args.images, args.json});
    auto service = c.service();
    if (!service) return c.fail(service.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto git = git_facts_of(c.project_root());
    if (!git) return c.fail(git.error());

    store::new_run request;
    request.pipeline = choice->chosen->record.id;
    request.actor = user->rights.id;
    request.at = c.now();
    store::run_source& source = request.source;
    source.file = choice->chosen->file;
    if (*git) {
        source.commit = (*git)->commit;
        source.dirty = (*git)->dirty;
        source.ref = (*git)->ref;
    }
    if (!args.ref.empty()) {
        auto ref = ref_checked_out(c, args.ref, source.commit);
        if (!ref) return c.fail(ref.error());
        source.ref = *ref;
    }
    // Your own work tree: whoever can write here can run anything here.
    source.trust = policy::source_trust::trusted;
    source.comment = args.comment;
    source.backend = args.backend;
    source.limits = limits_of(args);
    source.workspace = c.project_root().string();
    if (args.checkout)
        if (auto own = use_own_files(c, source, *choice->chosen); !own) return c.fail(own.error());
    auto parameters = parameters_of(args.variables);
    if (!parameters) return c.fail(parameters.error());
    source.parameters = std::move(*parameters);
    auto images = stand_ins_of(args.images);
    if (!images) return c.fail(images.error());
    source.images = std::move(*images);

    console view(c, {args.json, args.output, log_files_in((*service)->logs())});
    run::run_options options = options_for(c, view, args.jobs, args.wait);
    terminal_answers asked(c.out, user->email);
    if (c.interactive && !args.json)
        options.answer_here = [&asked](std::uint32_t action, const run::question& q) {
            return asked.look(action, q);
        };
    if (!args.secret_file.empty()) {
        auto secrets = read_secret_file(c, args.secret_file);
        if (!secrets) return c.fail(secrets.error());
        for (const auto& [name, value] : *secrets) source.secret_names.push_back(name);
        options.secrets = std::move(*secrets);
    }
    junit_report report;
    if (!args.junit.empty()) tell_too(report, options);
    auto done = (*service)->start(*choice->chosen->definition, request, std::move(options));
    if (!done) return c.fail(done.error());
    const int code = view.finish(*done);
    if (!args.junit.empty())
        if (auto written = write_report(args.junit, report.text(*done)); !written) return c.fail(written.error());
    if (done->outcome != run::outcome::denied || args.json || !c.interactive || !may_grant_all(*done)) return code;
    if (!ask_yes(c, question_for(*done))) return code;

    run::retry_request retry;
    retry.number = done->run.number;
    retry.project = done->run.project;
    retry.actor = user->rights.id;
    retry.grant = true;
    retry.idempotency_key = fresh_key();
    std::map<std::string, vault::secret> secrets;
    if (!args.secret_file.empty()) {
        auto again = read_secret_file(c, args.secret_file);
        if (!again) return c.fail(again.error());
        secrets = std::move(*again);
    }
    retry_args how;
    how.jobs = args.jobs;
    how.output = args.output;
    how.junit = args.junit;
    return retry_and_show(c, **service, retry, how, std::move(secrets));
}

int retry_command(context& c, const retry_args& args) {
    if (!args.grant && (!args.ref.empty() || !args.expires.empty() || args.once))
        return c.usage("--ref, --expires and --once say how to grant: add --grant");
    if (auto pattern = check_ref_pattern(args.ref); !pattern) return c.fail(pattern.error());
    if (!args.from.empty() + !args.only.empty() + args.all > 1)
        return c.usage("--from, --only and --all exclude each other");
    auto run = run_named(c, args.run);
    if (!run) return c.fail(run.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    run::retry_request request;
    request.number = run->number;
    request.project = run->project;
    request.actor = user->rights.id;
    request.grant = args.grant;
    request.spec.ref_pattern = args.ref;
    request.spec.once = args.once;
    if (!args.expires.empty()) {
        auto end = time_from_now(c, args.expires);
        if (!end) return c.fail(end.error());
        request.spec.expires = *end;
    }
    request.idempotency_key = fresh_key();
    request.from_action = args.only.empty() ? args.from : args.only;
    request.only_that_action = !args.only.empty();
    request.everything = args.all;
    std::map<std::string, vault::secret> secrets;
    if (!args.secret_file.empty()) {
        auto read = read_secret_file(c, args.secret_file);
        if (!read) return c.fail(read.error());
        secrets = std::move(*read);
    }
    auto service = c.service();
    if (!service) return c.fail(service.error());
    return retry_and_show(c, **service, request, args, std::move(secrets));
}

int cancel_command(context& c, const std::string& number) {
    auto run = run_named(c, number);
    if (!run) return c.fail(run.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto service = c.service();
    if (!service) return c.fail(service.error());
    if (auto done = (*service)->cancel(*run, user->rights.id); !done) return c.fail(done.error());
    c.out << plain(run->pipeline_name) << " #" << run->number << " is being cancelled\n";
    return exit_success;
}

}  // namespace latchkey::cli
