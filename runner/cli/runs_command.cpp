// SPDX-License-Identifier: Apache-2.0
//
// latchkey runs, logs.
#include "runner/cli/commands.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/files.hpp"
#include "runner/cli/json.hpp"
#include "runner/log/log_reader.hpp"
#include "runner/log/log_writer.hpp"
#include "runner/run/definition.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

// The names of a run's actions, from the definition that it kept.
std::vector<std::string> action_names(context& c, const store::run_record& run) {
    std::vector<std::string> names;
    const auto d = run::read_definition(run.source.file, run.source.yaml, run.pipeline_name);
    const auto user = c.user();
    if (d->pipeline == nullptr || !user) return names;
    const store::project_record project{run.project, run.source.workspace, ""};
    const run::compiled compiled =
        run::compile(*d, {run.source, project, *user, run.pipeline, run.number, c.now(), {}});
    for (const pipelines::planned_action& p : compiled.plan.actions) names.push_back(p.name);
    return names;
}

// Where an action of this attempt has its log: a retry carries over what succeeded, so it may be an earlier
// attempt's.
std::optional<std::filesystem::path> log_of(const std::filesystem::path& logs, const store::run_record& run,
                                            int attempt, int action) {
    for (int a = attempt; a >= 1; --a) {
        std::filesystem::path path = log::log_path(logs, run.id.value(), a, action);
        std::error_code ec;
        if (std::filesystem::exists(path, ec)) return path;
    }
    return std::nullopt;
}

// Prints what there is, and with `follow` what comes, until the attempt has ended.
int print_log(context& c, store::store& s, const std::filesystem::path& path, const store::run_record& run,
              int attempt, bool follow) {
    auto reader = log::log_reader::open(path);
    if (!reader) return c.fail(reader.error());
    const auto has_ended = [&] {
        const auto now = s.run(run.id);
        return !now || run::ended(now->attempts[static_cast<std::size_t>(attempt - 1)].status);
    };
    for (;;) {
        // Asked before the read: what was written until then is read below.
        const bool last_round = !follow || has_ended();
        for (;;) {
            const auto text = reader->next();
            if (!text) return c.fail(text.error());
            if (text->empty()) break;
            // Logs are data: on a terminal nothing in them moves the cursor.
            c.out << (c.interactive ? plain(*text) : *text);
        }
        c.out.flush();
        if (last_round) return exit_success;
        reader->wait(std::chrono::milliseconds(500));
    }
}

}  // namespace

int runs_command(context& c, const runs_args& args) {
    auto service = c.service();  // runs whose executor died are shown as what they are
    if (!service) return c.fail(service.error());
    auto s = c.store();
    if (!s) return c.fail(s.error());
    store::run_query query;
    query.limit = args.limit;
    if (!args.all_projects) {
        auto project = c.project();
        if (!project) return c.fail(project.error());
        query.project = project->id;
    }
    if (!args.pipeline.empty()) {
        auto pipeline = find_pipeline(c, args.pipeline, "");
        if (!pipeline) return c.fail(pipeline.error());
        query.pipeline = pipeline->id;
    }
    auto runs = (*s)->runs(query);
    if (!runs) return c.fail(runs.error());
    if (args.json) {
        c.out << json_of_runs(*runs) << "\n";
        return exit_success;
    }
    if (runs->empty()) {
        c.out << "no runs yet: `latchkey run` starts one\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows = {{"RUN", "PIPELINE", "STATUS", "STARTED", "TOOK", "COMMIT"}};
    for (const store::run_record& r : *runs) {
        const store::attempt_record& a = r.attempts.back();
        std::string status(words_for(a.status));
        if (a.number > 1) status += " (attempt " + std::to_string(a.number) + ")";
        rows.push_back(
            {"#" + std::to_string(r.number), plain(r.pipeline_name), status,
             policy::format_utc(std::chrono::floor<std::chrono::seconds>(r.created_at)),
             a.started_at && a.ended_at ? duration_text(*a.ended_at - *a.started_at) : "–",
             r.source.commit.empty() ? "–" : r.source.commit.substr(0, 7) + (r.source.dirty ? " +changes" : "")});
    }
    c.out << aligned(rows);
    return exit_success;
}

int logs_command(context& c, const logs_args& args) {
    auto run = run_named(c, args.run);
    if (!run) return c.fail(run.error());
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto service = c.service();
    if (!service) return c.fail(service.error());
    const int last = static_cast<int>(run->attempts.size());
    const int attempt = args.attempt == 0 ? last : args.attempt;
    if (attempt < 1 || attempt > last)
        return c.usage("run " + std::to_string(run->number) + " has " + std::to_string(last) +
                       (last == 1 ? " attempt" : " attempts"));
    const std::vector<std::string> names = action_names(c, *run);
    const std::filesystem::path logs = (*service)->logs();
    bool found = false;
    int code = exit_success;
    for (std::size_t i = 0; i < names.size() && code == exit_success; ++i) {
        if (!args.action.empty() && names[i] != args.action) continue;
        const auto path = log_of(logs, *run, attempt, static_cast<int>(i));
        if (!path) continue;
        found = true;
        if (args.action.empty()) c.out << c.bold("── " + plain(names[i])) << "\n";
        code = print_log(c, **s, *path, *run, attempt, args.follow);
    }
    if (found) return code;
    const store::attempt_record& record = run->attempts[static_cast<std::size_t>(attempt - 1)];
    if (!args.action.empty() && std::find(names.begin(), names.end(), args.action) == names.end()) {
        const std::vector<std::string_view> known(names.begin(), names.end());
        const std::string_view near = pipelines::nearest(args.action, known);
        return c.usage("run " + std::to_string(run->number) + " has no action \"" + args.action + "\"" +
                       (near.empty() ? "" : ": did you mean \"" + std::string(near) + "\"?"));
    }
    if (!record.error.empty()) {
        c.out << plain(record.error) << (record.error.ends_with('\n') ? "" : "\n");
        return exit_success;
    }
    c.out << "there is no log yet\n";
    return exit_success;
}

}  // namespace latchkey::cli
