// SPDX-License-Identifier: Apache-2.0
//
// Another pipeline of the same project, run because an action of this one says so. It is a run like any other: its
// own number, its own permissions, decided anew for whoever started the first.
#include "runner/run/service.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace latchkey::run {

namespace {

// Deeper than any design; a circle is refused before.
constexpr std::size_t deepest = 20;

result<std::string> bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return failure(errc::not_found, "can't read " + file.string());
    return text.str();
}

std::string last_word(const finished_attempt& f) {
    const std::string name = f.run.pipeline_name + " #" + std::to_string(f.run.number);
    switch (f.outcome) {
        case outcome::succeeded:
            return name + " succeeded";
        case outcome::failed:
            return name + " failed: latchkey logs " + std::to_string(f.run.number) + " has its output";
        case outcome::denied:
            return name + " failed before it started\n" + f.report;
        case outcome::cancelled:
            return name + " was cancelled";
        case outcome::skipped:
            return name + " was skipped: " + f.report;
        case outcome::invalid:
            return "its definition has errors\n" + f.report;
    }
    return name;
}

}  // namespace

result<std::unique_ptr<definition>> service::definition_of_child(const definition& parent,
                                                                 const store::pipeline_record& child,
                                                                 const store::run_source& source,
                                                                 policy::user_id actor) const {
    if (around_.find_definition) return around_.find_definition(child, source, actor);
    // One of the same file is of the same definition; for another the files are read as the file itself is.
    const bool same = child.file == source.file;
    auto text = same ? result<std::string>(std::string(parent.source.text()))
                     : bytes_of(std::filesystem::path(source.workspace) / child.file);
    if (!text) return text.error();
    auto types =
        same ? result<std::vector<type_file>>(parent.types) : read_type_files(source.workspace, around_.own_types);
    if (!types) return types.error();
    return read_definition(child.file, std::move(*text), child.name, std::move(*types));
}

child_end service::run_child(const definition& parent, const store::run_record& run, const run_options& options,
                             child_request wanted, const std::function<void(std::string)>& made, cancel_switch& off) {
    auto all = around_.store.pipelines(run.project);
    if (!all) return {false, all.error().what};
    const store::pipeline_record* found = nullptr;
    // One of the same file before one of another.
    for (const store::pipeline_record& p : *all)
        if (p.name == wanted.pipeline && (found == nullptr || p.file == run.source.file)) found = &p;
    if (found == nullptr) return {false, "this project has no pipeline \"" + wanted.pipeline + "\""};
    std::vector<policy::pipeline_id> ancestors = options.ancestors;
    ancestors.push_back(run.pipeline);
    if (std::ranges::find(ancestors, found->id) != ancestors.end() || ancestors.size() > deepest) {
        std::string circle;
        for (const policy::pipeline_id id : ancestors)
            for (const store::pipeline_record& p : *all)
                if (p.id == id) circle += p.name + " → ";
        return {false, "it would run itself: " + circle + wanted.pipeline};
    }
    auto read = definition_of_child(parent, *found, run.source, run.attempts.back().actor);
    if (!read) return {false, read.error().what};
    const std::unique_ptr<definition>& child = *read;
    if (child->pipeline == nullptr) return {false, found->file + " has no pipeline \"" + wanted.pipeline + "\""};

    store::new_run request;
    request.pipeline = found->id;
    request.actor = run.attempts.back().actor;
    request.at = around_.clock();
    request.source = run.source;
    request.source.file = found->file;
    request.source.comment = wanted.comment;
    request.source.parameters = std::move(wanted.parameters);
    request.source.secret_names.clear();
    request.source.changes.clear();
    request.source.base.clear();
    request.source.only_actions.clear();
    if (around_.shared)
        request.source.origin = {{"triggered_on", "PIPELINE"}, {"pipeline", child->pipeline->id.value}};
    if (child->elsewhere.valid())
        request.source.origin.emplace_back("definition_project", std::to_string(child->elsewhere.value()));
    run_options child_options;
    child_options.jobs = options.jobs;
    child_options.ancestors = std::move(ancestors);
    child_options.off = &off;
    child_options.signals = options.signals;
    // On a server the pipeline may run already: this one takes its turn.
    if (around_.shared) child_options.on_wait_for_files = [] {};
    child_options.secrets = std::move(wanted.secrets);
    // What was supplied for the first run is there for those that declare it.
    for (const pipelines::variable& v : child->pipeline->variables)
        if (const auto given = options.secrets.find(v.key.value);
            v.encrypted && given != options.secrets.end() && !child_options.secrets.contains(v.key.value))
            child_options.secrets.emplace(v.key.value, vault::secret(std::string(given->second.reveal())));
    for (const auto& [name, value] : child_options.secrets) request.source.secret_names.push_back(name);
    const std::string pipeline = wanted.pipeline;
    child_options.on_plan = [&](const store::run_record& r, int, const pipelines::plan&, const pipelines::source&) {
        made(pipeline + " #" + std::to_string(r.number));
    };
    auto done = start(*child, request, std::move(child_options));
    if (!done) return {false, done.error().what};
    return {done->outcome == outcome::succeeded || done->outcome == outcome::skipped, last_word(*done)};
}

}  // namespace latchkey::run
