// SPDX-License-Identifier: Apache-2.0
//
// latchkey runs and logs, against a server.
#include "pipelines/diagnostic.hpp"
#include "policy/explain.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/json.hpp"
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/remote/log_follower.hpp"
#include "runner/cli/remote/run_view.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

constexpr int largest_page = 1000;

// The newest `limit` of them.
result<std::vector<json>> newest(place& p, const std::string& path, int limit) {
    std::vector<json> all;
    const int size = std::min(limit, largest_page);
    for (int page = 1; static_cast<int>(all.size()) < limit; ++page) {
        auto got = p.api().get(path + "?per_page=" + std::to_string(size) + "&page=" + std::to_string(page));
        if (!got) return got.error();
        const auto& some = list_in(*got, "executions");
        for (const json& e : some)
            if (static_cast<int>(all.size()) < limit) all.push_back(e);
        if (static_cast<int>(some.size()) < size) break;
    }
    return all;
}

}  // namespace

int runs_command(place& p, const runs_args& args) {
    context& c = p.c();
    if (args.all_projects) return c.usage("--all-projects is for the local store: say --project");
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    std::string path = own(*project) + "/executions";
    std::string name;
    if (!args.pipeline.empty()) {
        auto pipeline = p.pipeline(args.pipeline);
        if (!pipeline) return c.fail(pipeline.error());
        name = text_in(*pipeline, "name");
        path = *project + "/pipelines/" + std::to_string(number_in(*pipeline, "id")) + "/executions";
    }
    auto found = newest(p, path, args.limit);
    if (!found) return c.fail(found.error());
    std::vector<store::run_record> runs;
    for (const json& e : *found) {
        runs.push_back(run_of(e));
        if (!name.empty()) runs.back().pipeline_name = name;
    }
    if (args.json) {
        c.out << json_of_runs(runs, std::vector<std::string>(runs.size())) << "\n";
        return exit_success;
    }
    if (runs.empty()) {
        c.out << "no runs yet: `latchkey run` starts one\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows = {{"RUN", "PIPELINE", "STATUS", "STARTED", "TIME", "COMMIT"}};
    for (const store::run_record& r : runs) {
        const store::attempt_record& a = r.attempts.back();
        rows.push_back({"#" + std::to_string(r.number), plain(r.pipeline_name), std::string(words_for(a.status)),
                        policy::format_utc(std::chrono::floor<std::chrono::seconds>(r.created_at)),
                        a.started_at && a.ended_at ? duration_text(*a.ended_at - *a.started_at) : "–",
                        r.source.commit.empty() ? "–" : plain(r.source.commit.substr(0, 7))});
    }
    c.out << aligned(rows);
    return exit_success;
}

int logs_command(place& p, const logs_args& args) {
    context& c = p.c();
    auto execution = p.execution(args.run);
    if (!execution) return c.fail(execution.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    const std::string path = path_of_execution(*project, *execution);
    const std::vector<std::string> names = action_names_of(*execution);
    if (!args.action.empty() && std::ranges::find(names, args.action) == names.end()) {
        const std::vector<std::string_view> known(names.begin(), names.end());
        const std::string_view near = pipelines::nearest(args.action, known);
        return c.usage("run " + args.run + " has no action \"" + args.action + "\"" +
                       (near.empty() ? "" : ": did you mean \"" + std::string(near) + "\"?"));
    }
    const store::run_record run = run_of(*execution);
    const bool last = args.attempt == 0 || args.attempt == run.attempts.back().number;
    if (args.follow && last && !run::ended(run.attempts.back().status)) {
        log_follower follower(p, path, names, args.action);
        auto done = follower.follow(run.attempts.back().number);
        return done ? exit_success : c.fail(done.error());
    }
    json earlier;
    if (args.attempt != 0) {
        auto got = p.api().get(own(path) + "/attempts/" + std::to_string(args.attempt));
        if (!got) return c.fail(got.error());
        earlier = std::move(*got);
    }
    bool found = false;
    const auto& actions = list_in(args.attempt != 0 ? earlier : *execution, "action_executions");
    for (std::size_t i = 0; i < actions.size(); ++i) {
        if ((!args.action.empty() && names[i] != args.action) || text_in(actions[i], "start_date").empty()) continue;
        found = true;
        if (args.action.empty()) c.out << c.bold("── " + plain(names[i])) << "\n";
        auto read = read_log_lines(
            p, path + "/action_executions/" + client::in_path(text_in(actions[i], "action_execution_id")), 0,
            // Logs are data: on a terminal nothing in them moves the cursor.
            [&c](std::string_view text) { c.out << (c.interactive ? plain_lines(text) : std::string(text)); });
        if (!read) return c.fail(read.error());
    }
    if (found) return exit_success;
    const std::string error = args.attempt != 0 ? text_in(earlier, "error_message") : run.attempts.back().error;
    if (error.empty())
        c.out << "there is no log yet\n";
    else
        c.out << plain_lines(error) << (error.ends_with('\n') ? "" : "\n");
    return exit_success;
}

}  // namespace latchkey::cli::remote
