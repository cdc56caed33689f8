// SPDX-License-Identifier: Apache-2.0
//
// latchkey runs, logs.
#include "runner/cli/commands.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/json.hpp"
#include "runner/log/log_reader.hpp"
#include "runner/log/log_writer.hpp"
#include "runner/run/definition.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>
#include <thread>

namespace latchkey::cli {

namespace {

// The names of a run's actions, from the definition that it kept.
std::vector<std::string> action_names(context& c, const store::run_record& run) {
    std::vector<std::string> names;
    auto s = c.store();
    auto kept = s ? run::kept_definition(**s, run) : s.error();
    const auto user = c.user();
    if (!kept || !user) return names;
    const std::unique_ptr<run::definition>& d = *kept;
    const store::project_record project{run.project, run.source.workspace, ""};
    const run::compiled compiled =
        run::compile(*d, {run.source, project, *user, run.pipeline, run.number, c.now(), {}});
    for (const pipelines::planned_action& p : compiled.plan.actions) names.push_back(p.name);
    return names;
}

// By action: the attempt whose log it has. A retry carries over what succeeded, so it may be an earlier one. 0: it
// has not started in any.
result<std::vector<int>> attempts_of_logs(store::store& s, const store::run_record& run, int attempt,
                                          std::size_t actions) {
    std::vector<int> attempts(actions, 0);
    for (int a = 1; a <= attempt; ++a) {
        const auto events = s.events(run.id, a, 0);
        if (!events) return events.error();
        for (const run::event& e : *events)
            if (e.kind == run::event_kind::action_started && static_cast<std::size_t>(e.action) < actions)
                attempts[static_cast<std::size_t>(e.action)] = a;
    }
    return attempts;
}

// Prints an action's log as it is now.
int print_log(context& c, const std::filesystem::path& path) {
    auto reader = log::log_reader::open(path);
    if (!reader && reader.error().code == errc::not_found) return exit_success;  // it printed nothing
    if (!reader) return c.fail(reader.error());
    for (;;) {
        const auto text = reader->next();
        if (!text) return c.fail(text.error());
        if (text->empty()) return exit_success;
        // Logs are data: on a terminal nothing in them moves the cursor.
        c.out << (c.interactive ? plain_lines(*text) : *text);
    }
}

// How long a followed log that is quiet is left alone.
constexpr std::chrono::milliseconds between_looks{200};

// Prints what the attempt's actions print, as it comes, until the attempt has ended; `only` empty: of all of them.
class follower {
public:
    follower(context& c, std::filesystem::path logs, const store::run_record& run, int attempt,
             const std::vector<std::string>& names, std::string only)
        : context_(c),
          logs_(std::move(logs)),
          run_(run),
          attempt_(attempt),
          names_(names),
          only_(std::move(only)),
          readers_(names.size()) {}

    int follow() {
        for (;;) {
            // Asked before the read: what was written until then is read below.
            const auto ended = has_ended();
            if (!ended) return context_.fail(ended.error());
            auto something = print_news();
            if (!something) return context_.fail(something.error());
            context_.out.flush();
            if (*ended || !context_.out) return exit_success;
            if (*something) continue;
            if (shown_ != nullptr)
                shown_->wait(between_looks);
            else
                std::this_thread::sleep_for(between_looks);  // nothing has started yet
        }
    }

private:
    result<bool> has_ended() {
        auto s = context_.store();
        if (!s) return s.error();
        const auto now = (*s)->run(run_.id);
        if (!now) return now.error();
        return run::ended(now->attempts[static_cast<std::size_t>(attempt_ - 1)].status);
    }

    result<bool> print_news() {
        bool something = false;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (!only_.empty() && names_[i] != only_) continue;
            if (!readers_[i]) {
                auto opened =
                    log::log_reader::open(log::log_path(logs_, run_.id.value(), attempt_, static_cast<int>(i)));
                if (!opened && opened.error().code == errc::not_found) continue;
                if (!opened) return opened.error();
                readers_[i].emplace(std::move(*opened));
            }
            for (;;) {
                const auto text = readers_[i]->next();
                if (!text) return text.error();
                if (text->empty()) break;
                something = true;
                print(*readers_[i], names_[i], *text);
            }
        }
        return something;
    }

    void print(log::log_reader& from, const std::string& name, const std::string& text) {
        if (shown_ != &from) {
            if (in_line_) context_.out << "\n";
            if (only_.empty()) context_.out << context_.bold("── " + plain(name)) << "\n";
            shown_ = &from;
        }
        context_.out << (context_.interactive ? plain_lines(text) : text);
        in_line_ = !text.ends_with('\n');
    }

    context& context_;
    std::filesystem::path logs_;
    const store::run_record& run_;
    int attempt_;
    const std::vector<std::string>& names_;
    std::string only_;
    std::vector<std::optional<log::log_reader>> readers_;  // by action; none: it has not started
    log::log_reader* shown_ = nullptr;
    bool in_line_ = false;
};

// The runs of every pipeline of this name: files may have twins.
result<std::vector<store::run_record>> runs_of(context& c, store::store& s, store::run_query query,
                                               const std::string& name) {
    auto project = c.project();
    if (!project) return project.error();
    auto pipelines = s.pipelines(project->id);
    if (!pipelines) return pipelines.error();
    std::vector<store::run_record> all;
    std::vector<std::string_view> known;
    bool found = false;
    for (const store::pipeline_record& p : *pipelines) {
        known.emplace_back(p.name);
        if (p.name != name) continue;
        found = true;
        query.pipeline = p.id;
        auto some = s.runs(query);
        if (!some) return some.error();
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    }
    if (!found) {
        const std::string_view near = pipelines::nearest(name, known);
        return failure(errc::not_found,
                       "no pipeline \"" + name + "\" has run here" +
                           (near.empty() ? std::string() : ": did you mean \"" + std::string(near) + "\"?"));
    }
    std::ranges::sort(all, std::ranges::greater(), &store::run_record::number);
    if (all.size() > static_cast<std::size_t>(query.limit)) all.erase(all.begin() + query.limit, all.end());
    return all;
}

// By run: what its reports of tests said, a word for each action that has any.
result<std::vector<std::string>> tests_of(store::store& s, const std::vector<store::run_record>& runs) {
    std::vector<std::string> all;
    for (const store::run_record& r : runs) {
        auto events = s.events_of_kind(r.id, r.attempts.back().number, run::event_kind::tests_read);
        if (!events) return events.error();
        std::map<std::int32_t, std::string> last;  // of the last try
        for (const run::event& e : *events) last[e.action] = e.text.substr(0, e.text.find('\n'));
        std::string text;
        for (const auto& [action, summary] : last) text += (text.empty() ? "" : " + ") + summary;
        all.push_back(std::move(text));
    }
    return all;
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
    if (args.all_projects && !args.pipeline.empty())
        return c.usage("a pipeline is in one project: leave --all-projects or its name out");
    auto runs = args.pipeline.empty() ? (*s)->runs(query) : runs_of(c, **s, query, args.pipeline);
    if (!runs) return c.fail(runs.error());
    auto tests = tests_of(**s, *runs);
    if (!tests) return c.fail(tests.error());
    const bool tested = std::ranges::any_of(*tests, [](const std::string& t) { return !t.empty(); });
    if (args.json) {
        c.out << json_of_runs(*runs, *tests) << "\n";
        return exit_success;
    }
    if (runs->empty()) {
        c.out << "no runs yet: `latchkey run` starts one\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows = {{"RUN", "PIPELINE", "STATUS", "STARTED", "TOOK", "COMMIT"}};
    if (tested) rows.front().emplace_back("TESTS");
    for (std::size_t i = 0; i < runs->size(); ++i) {
        const store::run_record& r = (*runs)[i];
        const store::attempt_record& a = r.attempts.back();
        std::string status(words_for(a.status));
        if (a.number > 1) status += " (attempt " + std::to_string(a.number) + ")";
        rows.push_back(
            {"#" + std::to_string(r.number), plain(r.pipeline_name), status,
             policy::format_utc(std::chrono::floor<std::chrono::seconds>(r.created_at)),
             a.started_at && a.ended_at ? duration_text(*a.ended_at - *a.started_at) : "–",
             r.source.commit.empty() ? "–" : r.source.commit.substr(0, 7) + (r.source.dirty ? " +changes" : "")});
        if (tested) rows.back().push_back((*tests)[i].empty() ? "–" : plain((*tests)[i]));
    }
    c.out << aligned(rows);
    return exit_success;
}

int logs_command(context& c, const logs_args& args) {
    auto run = run_named(c, args.run);
    if (!run) return c.fail(run.error());
    auto service = c.service();
    if (!service) return c.fail(service.error());
    auto s = c.store();
    if (!s) return c.fail(s.error());
    const int last = static_cast<int>(run->attempts.size());
    const int attempt = args.attempt == 0 ? last : args.attempt;
    if (attempt < 1 || attempt > last)
        return c.usage("run " + std::to_string(run->number) + " has " + std::to_string(last) +
                       (last == 1 ? " attempt" : " attempts"));
    const std::vector<std::string> names = action_names(c, *run);
    const std::filesystem::path logs = (*service)->logs();
    const bool known = args.action.empty() || std::ranges::find(names, args.action) != names.end();
    if (args.follow && known && !run::ended(run->attempts[static_cast<std::size_t>(attempt - 1)].status))
        return follower(c, logs, *run, attempt, names, args.action).follow();
    const auto attempts = attempts_of_logs(**s, *run, attempt, names.size());
    if (!attempts) return c.fail(attempts.error());
    bool found = false;
    int code = exit_success;
    for (std::size_t i = 0; i < names.size() && code == exit_success; ++i) {
        if (!args.action.empty() && names[i] != args.action) continue;
        const int from = (*attempts)[i];
        if (from == 0) continue;
        found = true;
        if (args.action.empty()) c.out << c.bold("── " + plain(names[i])) << "\n";
        code = print_log(c, log::log_path(logs, run->id.value(), from, static_cast<int>(i)));
    }
    if (found) return code;
    const store::attempt_record& record = run->attempts[static_cast<std::size_t>(attempt - 1)];
    if (!known) {
        const std::vector<std::string_view> actions(names.begin(), names.end());
        const std::string_view near = pipelines::nearest(args.action, actions);
        return c.usage("run " + std::to_string(run->number) + " has no action \"" + args.action + "\"" +
                       (near.empty() ? "" : ": did you mean \"" + std::string(near) + "\"?"));
    }
    if (!record.error.empty()) {
        c.out << plain_lines(record.error) << (record.error.ends_with('\n') ? "" : "\n");
        return exit_success;
    }
    c.out << "there is no log yet\n";
    return exit_success;
}

}  // namespace latchkey::cli
