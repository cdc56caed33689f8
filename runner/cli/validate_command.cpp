// SPDX-License-Identifier: Apache-2.0
//
// latchkey validate, plan.
#include "runner/cli/commands.hpp"
#include "runner/cli/environment.hpp"
#include "runner/cli/files.hpp"
#include "runner/cli/json.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/run/access.hpp"
#include "runner/run/changes.hpp"
#include "runner/run/container_request.hpp"
#include "runner/run/flow.hpp"
#include "runner/run/image_stand_ins.hpp"
#include "runner/run/integration_fit.hpp"
#include "runner/run/native_request.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

// The files that a person means: a folder stands for all that look like pipeline files below it.
result<std::vector<std::filesystem::path>> files_meant(context& c, const std::vector<std::string>& paths) {
    std::vector<std::filesystem::path> files;
    std::error_code ec;
    if (paths.empty()) {
        files = pipeline_files_in(c.project_root());
        if (files.empty())
            return failure(errc::not_found,
                           "there is no pipeline file in " + c.project_root().string() + ": name a file or a folder");
        return files;
    }
    for (const std::string& path : paths) {
        if (!std::filesystem::is_directory(path, ec)) {
            files.emplace_back(path);
            continue;
        }
        std::vector<std::filesystem::path> inside = pipeline_files_in(path);
        // A folder without the usual names is a folder of pipeline files.
        if (inside.empty())
            for (const auto& entry : std::filesystem::directory_iterator(path, ec))
                if (const auto e = entry.path().extension(); e == ".yml" || e == ".yaml")
                    inside.push_back(entry.path());
        if (inside.empty()) return failure(errc::not_found, "there is no pipeline file in " + path);
        std::ranges::sort(inside);
        files.insert(files.end(), inside.begin(), inside.end());
    }
    return files;
}

std::string counted(std::size_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

// What --image-for replaces, an action a row.
std::vector<replaced_image> replaced_in(const pipelines::plan& plan, const store::facts& images) {
    std::vector<replaced_image> all;
    for (const pipelines::planned_action& p : plan.actions) {
        if (!p.may_run || run::is_native(*p.definition) || run::is_flow(*p.definition)) continue;
        const std::string named = run::image_of(plan, p.index);
        const std::string other = run::stand_in_for(images, named);
        if (other != named) all.push_back({p.name, named, other});
    }
    return all;
}

}  // namespace

int validate_command(context& c, const validate_args& args) {
    auto files = files_meant(c, args.paths);
    if (!files) return c.fail(files.error());
    auto types = read_types(c);
    if (!types) return c.fail(types.error());
    std::size_t errors = 0;
    std::size_t warnings = 0;
    for (const std::filesystem::path& file : *files) {
        auto bytes = read_pipeline_file(file);
        if (!bytes) return c.fail(bytes.error());
        std::error_code ec;
        std::string name = args.paths.empty() ? file.lexically_relative(c.project_root()).string() : file.string();
        const auto d = run::read_definition(std::move(name), std::move(*bytes), "", *types);
        for (const pipelines::diagnostic& p : d->parsed.problems)
            ++(p.severity == pipelines::severity::error ? errors : warnings);
        if (args.json)
            c.out << json_of_diagnostics(d->source, d->parsed.problems) << "\n";
        else
            c.out << d->rendered();
    }
    if (!args.json) {
        if (errors + warnings == 0)
            c.out << counted(files->size(), "file") << ": no problem\n";
        else
            c.out << counted(files->size(), "file") << ": " << counted(errors, "error") << ", "
                  << counted(warnings, "warning") << "\n";
    }
    return errors > 0 ? exit_invalid : exit_success;
}

int plan_command(context& c, const plan_args& args) {
    auto choice = choose_pipeline(c, args.pipeline, args.file, purpose::look);
    if (!choice) return c.fail(choice.error());
    if (!choice->chosen) {
        c.err << choice->invalid;
        return exit_invalid;
    }
    const chosen_pipeline& chosen = *choice->chosen;
    auto s = c.store();
    auto user = c.user();
    auto project = c.project();
    auto git = git_facts_of(c.project_root());
    if (!s) return c.fail(s.error());
    if (!user) return c.fail(user.error());
    if (!project) return c.fail(project.error());
    if (!git) return c.fail(git.error());

    store::run_source source;
    source.file = chosen.file;
    source.workspace = c.project_root().string();
    if (*git) {
        source.commit = (*git)->commit;
        source.dirty = (*git)->dirty;
        source.ref = (*git)->ref;
    }
    if (!args.ref.empty()) {
        auto ref = ref_named(args.ref);
        if (!ref) return c.fail(ref.error());
        source.ref = *ref;
    }
    auto parameters = parameters_of(args.variables);
    if (!parameters) return c.fail(parameters.error());
    source.parameters = std::move(*parameters);
    auto images = stand_ins_of(args.images);
    if (!images) return c.fail(images.error());
    source.images = std::move(*images);
    if (!args.secret_file.empty()) {
        auto secrets = read_secret_file(c, args.secret_file);
        if (!secrets) return c.fail(secrets.error());
        for (const auto& [name, value] : *secrets) source.secret_names.push_back(name);
    }
    auto changes = run::find_changes(**s, *chosen.definition, source, chosen.record.id);
    if (!changes) return c.fail(changes.error());
    source.changes = std::move(*changes);
    run::compiled compiled =
        run::compile(*chosen.definition, {source, *project, *user, chosen.record.id, 0, c.now(), {}});
    if (auto looked = run::check_integration_types(**s, compiled.plan, project->id, chosen.record.id, user->rights.id,
                                                   compiled.problems);
        !looked)
        return c.fail(looked.error());

    // What a run would be told, without a run and without a use: nothing is recorded.
    std::vector<policy::integration_id> ids;
    std::vector<std::optional<store::integration_record>> records;
    for (const pipelines::integration_use& use : compiled.plan.uses) {
        auto record = (*s)->find_integration(project->id, use.reference.value);
        if (!record && record.error().code != errc::not_found) return c.fail(record.error());
        records.push_back(record ? std::optional(*record) : std::nullopt);
        if (record) ids.push_back(record->rights.id);
    }
    auto facts = (*s)->snapshot(chosen.record.id, ids);
    if (!facts) return c.fail(facts.error());
    std::vector<planned_use> uses;
    for (std::size_t i = 0; i < compiled.plan.uses.size(); ++i) {
        const pipelines::integration_use& use = compiled.plan.uses[i];
        planned_use u;
        u.action = compiled.plan.actions[use.action].name;
        u.reference = use.reference.value;
        u.where = chosen.definition->source.at(use.reference.where.begin);
        policy::use_request request;
        request.pipeline = chosen.record.id;
        request.integration = records[i] ? records[i]->rights.id : policy::integration_id();
        request.ref = source.ref;
        request.source = policy::source_trust::trusted;
        request.now = c.now();
        const policy::decision d = policy::decide(*facts, request);
        if (records[i] && policy::may_see(*facts, user->rights.id, request.integration)) u.name = records[i]->name;
        u.allowed = d.allowed();
        u.reason = policy::to_string(d.verdict());
        uses.push_back(std::move(u));
    }
    const std::vector<replaced_image> replaced = replaced_in(compiled.plan, source.images);
    const bool broken = pipelines::has_errors(compiled.problems);
    if (args.json) {
        c.out << json_of_plan(compiled.plan, uses, replaced) << "\n";
        if (broken) c.err << pipelines::render(chosen.definition->source, compiled.problems);
        return broken ? exit_invalid : exit_success;
    }
    c.out << pipelines::describe(compiled.plan, chosen.definition->source);
    if (const std::string why = run::why_everything_changed(source.changes, *chosen.definition->pipeline);
        !why.empty())
        c.out << plain(why) << "\n";
    if (!uses.empty()) {
        c.out << "\nintegrations\n";
        std::vector<std::vector<std::string>> rows;
        for (const planned_use& u : uses) {
            std::string verdict = u.allowed ? "allowed" : "denied: " + u.reason;
            std::ranges::replace(verdict, '_', ' ');
            rows.push_back({plain(u.reference), plain(u.action), u.allowed ? c.green(verdict) : c.red(verdict)});
        }
        c.out << aligned(rows, "  ");
    }
    if (!replaced.empty()) {
        c.out << "\nimages\n";
        std::vector<std::vector<std::string>> rows;
        for (const replaced_image& r : replaced) rows.push_back({plain(r.image), plain(r.stand_in), plain(r.action)});
        c.out << aligned(rows, "  ");
    }
    if (!compiled.problems.empty()) c.err << pipelines::render(chosen.definition->source, compiled.problems);
    return broken ? exit_invalid : exit_success;
}

}  // namespace latchkey::cli
