// SPDX-License-Identifier: Apache-2.0
//
// Executes every real file of ../shared/corpus/valid with the real program, offline, and prints a table of what ran
// and what stopped the rest. Order and environment are checked against the file itself.
#include "tests/runner/cli/corpus_run.hpp"

#include "pipelines/catalogue.hpp"
#include "tests/runner/cli/corpus_needs.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <memory>

using namespace latchkey;
using test::ran_action;
using test::ran_pipeline;

namespace {

namespace fs = std::filesystem;

// What a shell does itself.
const std::set<std::string> shell_words = {"cd",     "export", "if",      "for",  "while", "case", "set",
                                           "source", "exit",   "declare", "trap", "unset", "eval"};

// What is reached today; raise them with it.
constexpr double least_executable_share = 0.96;
constexpr std::size_t least_files_whole = 28;
constexpr std::size_t least_actions_executed = 80;

struct real_file {
    fs::path path;
    std::string text;
    pipelines::parsed read;
    std::string repository;  // "owner__name"
    std::string project;     // "name"
};

std::vector<std::unique_ptr<real_file>> read_corpus() {
    std::vector<std::unique_ptr<real_file>> all;
    const fs::path root = fs::path(LATCHKEY_SOURCE_DIR) / "../shared/corpus/valid";
    if (!fs::is_directory(root)) return all;
    for (const auto& entry : fs::directory_iterator(root)) {
        auto file = std::make_unique<real_file>();
        file->path = entry.path();
        file->text = test::read_file(entry.path());
        file->read = pipelines::parse(pipelines::source(entry.path().filename().string(), file->text));
        // OWNER__NAME.yml, OWNER__NAME__FILE.yml
        const std::string name = entry.path().stem().string();
        const std::size_t owner = name.find("__");
        const std::size_t end = name.find("__", owner + 2);
        file->repository = name.substr(0, end);
        file->project = file->repository.substr(owner + 2);
        all.push_back(std::move(file));
    }
    std::ranges::sort(all, {}, [](const auto& f) { return f->path; });
    return all;
}

bool executable(const pipelines::action& a) {
    const pipelines::action_type* type = pipelines::find_action_type(a.type.value);
    return type != nullptr && type->execution != pipelines::execution_kind::unsupported;
}

// Actions that may run side by side are of one group; groups follow one another.
std::vector<std::size_t> groups_of(const pipelines::pipeline& p) {
    std::vector<std::size_t> groups;
    std::size_t group = 0;
    for (const pipelines::action& a : p.actions) {
        groups.push_back(group);
        if (a.run_next == pipelines::run_next::wait_on_success) ++group;
    }
    return groups;
}

void check_order(const pipelines::pipeline& p, const ran_pipeline& ran) {
    const std::vector<std::size_t> groups = groups_of(p);
    const auto time_of = [&p](const ran_action& a) { return p.actions[a.of_file].trigger_time; };
    for (const ran_action& a : ran.actions) {
        if (a.started == 0) continue;
        CAPTURE(a.name);
        CHECK_FALSE(p.actions[a.of_file].disabled);
        if (ran.outcome == "succeeded") CHECK(time_of(a) != pipelines::trigger_time::on_failure);
        if (ran.outcome == "failed") CHECK(time_of(a) != pipelines::trigger_time::on_success);
        for (const ran_action& b : ran.actions) {
            if (b.started == 0) continue;
            const bool a_first =
                time_of(a) == pipelines::trigger_time::on_every_execution &&
                (time_of(b) != pipelines::trigger_time::on_every_execution || groups[a.of_file] < groups[b.of_file]);
            CAPTURE(b.name);
            if (a_first) CHECK_LT(a.ended, b.started);
        }
    }
}

// Nothing is left out that the end of the run asks for.
void check_complete(const pipelines::pipeline& p, const ran_pipeline& ran) {
    const bool failed = ran.outcome == "failed";
    if (!failed && ran.outcome != "succeeded") return;
    const auto wanted = failed ? pipelines::trigger_time::on_failure : pipelines::trigger_time::on_every_execution;
    for (std::size_t i = 0; i < p.actions.size(); ++i) {
        const pipelines::action& a = p.actions[i];
        const bool always = std::ranges::all_of(
            a.conditions, [](const pipelines::condition& c) { return c.kind == pipelines::condition_kind::always; });
        if (a.disabled || !always || a.trigger_time != wanted) continue;
        CAPTURE(a.name.value);
        CHECK(
            std::ranges::any_of(ran.actions, [i](const ran_action& r) { return r.of_file == i && r.started != 0; }));
    }
}

// The pipeline's variables, its own and the built-ins are there; what belongs to another action is not.
void check_environment(const pipelines::pipeline& p, const ran_pipeline& ran) {
    std::set<std::string> common = ran.passed;
    for (const pipelines::variable& v : p.variables) common.insert(v.key.value);
    for (const ran_action& a : ran.actions) {
        if (!a.in_shell) continue;
        CAPTURE(a.name);
        const pipelines::action& written = p.actions[a.of_file];
        std::set<std::string> own = common;
        for (const pipelines::variable& v : written.variables) own.insert(v.key.value);
        for (const pipelines::variable& v : p.variables)
            CHECK_MESSAGE(a.environment.contains(v.key.value), v.key.value);
        for (const pipelines::variable& v : written.variables)
            CHECK_MESSAGE(a.environment.contains(v.key.value), v.key.value);
        for (const char* builtin : {"BUDDY_PIPELINE_NAME", "BUDDY_RUN_ID", "BUDDY_PROJECT_NAME", "BUDDY_RUN_COMMIT"})
            CHECK_MESSAGE(a.environment.contains(builtin), builtin);
        for (const pipelines::action& other : p.actions) {
            if (&other == &written) continue;
            for (const pipelines::variable& v : other.variables)
                if (!own.contains(v.key.value)) CHECK_MESSAGE(!a.environment.contains(v.key.value), v.key.value);
        }
    }
}

// Its first command was really called, where that is a program of the image.
void check_programs(const pipelines::pipeline& p, const ran_pipeline& ran, const test::corpus_world& world) {
    for (const ran_action& a : ran.actions) {
        const auto& commands = p.actions[a.of_file].commands;
        if (!a.in_shell || a.status != "SUCCESSFUL" || commands.empty()) continue;
        const std::string& command = commands.front().value;
        const std::string word = command.substr(0, command.find_first_of(" \n"));
        if (!world.records(word) || shell_words.contains(word)) continue;
        CAPTURE(a.name);
        REQUIRE_FALSE(a.programs.empty());
        CHECK_EQ(a.programs.front(), word);
    }
}

struct totals {
    std::size_t files = 0, whole = 0, pipelines = 0, actions = 0, executed = 0, executable = 0;
};

// Why the pipeline did not run to its end; empty: it did.
std::string stop_of(const pipelines::pipeline& p, const ran_pipeline& ran) {
    for (const pipelines::action& a : p.actions)
        if (!executable(a) && !a.disabled)
            return "\"" + a.name.value + "\": can't run actions of the type " + a.type.value;
    if (ran.outcome == "succeeded") return {};
    for (const ran_action& a : ran.actions)
        if (a.status == "FAILED")
            return "\"" + a.name + "\" (" + p.actions[a.of_file].type.value +
                   "): " + (a.last_line.empty() ? a.text : a.last_line);
    return ran.outcome.empty() ? ran.why : ran.outcome + ": " + ran.why;
}

std::string clipped(std::string text, std::size_t most) {
    if (text.size() > most) text = text.substr(0, most - 1) + "~";
    std::ranges::replace(text, '\n', ' ');
    return text;
}

}  // namespace

TEST_SUITE("cli.corpus") {
    TEST_CASE("real files run offline: actions in order, each with its own environment") {
        const auto corpus = read_corpus();
        if (corpus.empty()) {
            std::puts("NOT RUN: ../shared/corpus is missing: no real file was executed, and none is counted");
            return;
        }
        if (::geteuid() != 0) {
            std::puts("NOT RUN: real files are executed by container engines, which the test starts as root");
            return;
        }
        test::leave_the_network();
        const auto& engines = test::test_engines();
        const auto engine = std::ranges::find_if(engines, [](const auto& e) { return !e.socket.empty(); });
        REQUIRE_MESSAGE(engine != engines.end(), (engines.empty() ? "none was started" : engines.front().why_not));
        std::vector<const pipelines::document*> documents;
        for (const auto& file : corpus) documents.push_back(&file->read.model);
        test::corpus_world world(*engine, documents);

        totals t;
        std::printf("%-50s %9s %7s %8s  %s\n", "file", "pipelines", "actions", "executed", "stopped by");
        for (const auto& file : corpus) {
            ++t.files;
            const std::string name = file->path.filename().string();
            if (pipelines::has_errors(file->read.problems)) {
                std::printf("%-50s %9s %7s %8s  %s\n", clipped(name, 50).c_str(), "-", "-", "-", "it is not YAML");
                continue;
            }
            CAPTURE(name);
            std::vector<fs::path> siblings;
            for (const auto& other : corpus)
                if (other->repository == file->repository) siblings.push_back(other->path);
            const auto ran = world.run(file->path, file->read.model, file->project, siblings);
            std::size_t actions = 0, executed = 0;
            std::vector<std::string> stops;
            for (std::size_t i = 0; i < ran.size(); ++i) {
                const pipelines::pipeline& p = file->read.model.pipelines[i];
                CAPTURE(p.id.value);
                check_order(p, ran[i]);
                check_complete(p, ran[i]);
                check_environment(p, ran[i]);
                check_programs(p, ran[i], world);
                actions += p.actions.size();
                t.executable += static_cast<std::size_t>(std::ranges::count_if(p.actions, executable));
                std::set<std::size_t> done;
                for (const ran_action& a : ran[i].actions)
                    if (a.started != 0 && a.status == "SUCCESSFUL") done.insert(a.of_file);
                executed += done.size();
                if (std::string stop = stop_of(p, ran[i]); !stop.empty()) stops.push_back(p.id.value + ": " + stop);
            }
            t.pipelines += ran.size();
            t.actions += actions;
            t.executed += executed;
            t.whole += stops.empty() ? 1 : 0;
            std::printf("%-50s %9zu %7zu %8zu  %s\n", clipped(name, 50).c_str(), ran.size(), actions, executed,
                        stops.empty() ? "" : clipped(stops.front(), 170).c_str());
            for (std::size_t i = 1; i < stops.size(); ++i)
                std::printf("%78s %s\n", "", clipped(stops[i], 170).c_str());
            std::fflush(stdout);
        }
        const double share = static_cast<double>(t.executable) / static_cast<double>(t.actions);
        std::printf("%zu of %zu actions are of types that run: %.1f %% (target 95 %%)\n", t.executable, t.actions,
                    100 * share);
        std::printf("%zu of %zu actions executed, %zu of %zu files whole, %zu pipelines\n", t.executed, t.actions,
                    t.whole, t.files, t.pipelines);
        CHECK_GE(share, least_executable_share);
        CHECK_GE(t.whole, least_files_whole);
        CHECK_GE(t.executed, least_actions_executed);
    }
}
