// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_definition.hpp"

#include "runner/server/pipeline_settings.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

// Of one file, and all that a definition may read of a commit besides.
constexpr std::size_t most_type_files = 100;

std::string text_setting(const store::team_pipeline_record& p, std::string_view name) {
    const json value = setting_of(p.settings, name);
    return value.is_string() ? value.get<std::string>() : std::string();
}

// As YAML and JSON both read it.
std::string quoted(const std::string& name) {
    return json(name).dump(-1, ' ', true, json::error_handler_t::replace);
}

// What it is called in its file: its name, or its identifier.
const pipelines::pipeline* pipeline_in(const run::definition& d, const store::team_pipeline_record& p) {
    if (const auto* named = d.parsed.model.find(p.name)) return named;
    const std::string identifier = text_setting(p, "identifier");
    return identifier.empty() ? nullptr : d.parsed.model.find(identifier);
}

void name_in_file(found_definition& found, const std::string& name) {
    found.source.origin.emplace_back("pipeline", name);
}

bool is_yaml(std::string_view path) {
    return path.ends_with(".yml") || path.ends_with(".yaml");
}

result<std::vector<run::type_file>> type_files(project_files& files, const project_files::state& at) {
    std::vector<run::type_file> all;
    auto listed = files.list(at, ".buddy/actions");
    if (!listed && listed.error().code == errc::not_found) return all;
    if (!listed) return listed.error();
    for (const std::string& path : *listed) {
        if (!path.ends_with("/action.yml") || std::ranges::count(path, '/') != 3) continue;
        if (all.size() == most_type_files)
            return failure(errc::refused, "there are more than " + std::to_string(most_type_files) +
                                              " custom actions in .buddy/actions");
        auto text = files.read(at, path);
        if (!text) return text.error();
        all.push_back({false, path, std::move(*text)});
    }
    return all;
}

// Which files of a commit may define pipelines, the first to be asked first.
result<std::vector<std::string>> definition_files(project_files& files, const project_files::state& at) {
    std::vector<std::string> all = {"buddy.yml", "buddy.yaml"};
    auto listed = files.list(at, ".buddy");
    if (!listed && listed.error().code == errc::not_found) return all;
    if (!listed) return listed.error();
    std::ranges::sort(*listed);
    for (std::string& path : *listed)
        if (is_yaml(path) && std::ranges::count(path, '/') == 1) all.push_back(std::move(path));
    return all;
}

result<found_definition> in_commit(project_files& files, const project_files::state& at,
                                   const store::team_pipeline_record& p, const std::vector<std::string>& paths) {
    auto types = type_files(files, at);
    if (!types) return types.error();
    for (const std::string& path : paths) {
        auto text = files.read(at, path);
        if (!text && text.error().code == errc::not_found) continue;
        if (!text) return text.error();
        found_definition found;
        found.source.file = path;
        found.definition = run::read_definition(path, std::move(*text), p.name, *types);
        found.definition->pipeline = pipeline_in(*found.definition, p);
        // Where a file can't be read it can't be said what it lacks.
        if (found.definition->pipeline == nullptr && paths.size() > 1) continue;
        if (found.definition->pipeline == nullptr) break;
        return found;
    }
    std::string names;
    for (const std::string& path : paths) names += (names.empty() ? "" : ", ") + path;
    return failure(errc::not_found, "the commit " + at.commit.substr(0, 10) + " defines no pipeline \"" + p.name +
                                        "\": looked at " + names);
}

found_definition saved(const store::team_pipeline_record& p) {
    found_definition found;
    found.source.file = saved_definition;
    const std::string text =
        p.definition.empty() ? "- pipeline: " + quoted(p.name) + "\n  actions: []\n" : p.definition;
    found.definition = run::read_definition(saved_definition, text, p.name);
    // There is one, whatever it is called.
    if (found.definition->pipeline == nullptr && found.definition->parsed.model.pipelines.size() == 1)
        found.definition->pipeline = &found.definition->parsed.model.pipelines.front();
    return found;
}

bool has_repository(const store::team_project_record& p) {
    return std::ranges::any_of(p.settings,
                               [](const auto& s) { return s.first == "custom_repo_url" && !s.second.empty(); });
}

result<found_definition> from_files(project_files& files, const run_order& order, const project_files::state& at) {
    const std::string how = text_setting(order.pipeline, "git_config_ref");
    if (how == "FIXED") {
        const json config = setting_of(order.pipeline.settings, "git_config");
        const std::string project = config.is_object() ? config.value("project", "") : "";
        const std::string path = config.is_object() ? config.value("path", "") : "";
        if (path.empty()) return failure(errc::usage, "git_config of the pipeline names no path");
        if (!project.empty() && project != order.project.handle)
            return failure(errc::usage, "git_config of the pipeline names another project, " + project +
                                            ": this version reads definitions of its own project only");
        const std::string branch = config.value("branch", "");
        auto there = files.find(order.project, {policy::ref_type::branch, "refs/heads/" + branch}, "");
        if (!there) return there.error();
        return in_commit(files, *there, order.pipeline, {path});
    }
    auto paths = definition_files(files, at);
    if (!paths) return paths.error();
    return in_commit(files, at, order.pipeline, *paths);
}

}  // namespace

result<found_definition> find_definition(project_files* files, const std::filesystem::path& data,
                                         const run_order& order) {
    if (text_setting(order.pipeline, "definition_source") == "REMOTE")
        return failure(errc::usage, "the pipeline's definition is REMOTE, which this version does not read");
    const bool of_git = text_setting(order.pipeline, "git_config_ref") != "NONE";
    found_definition found;
    // The folder's last part is the project's name; without a repository it is the name alone.
    std::filesystem::path repository =
        data / "repositories" / std::to_string(order.project.id.value()) / order.project.handle;
    if (has_repository(order.project) && files != nullptr) {
        auto at = files->find(order.project, order.ref, order.revision);
        if (!at) return at.error();
        auto read = of_git ? from_files(*files, order, *at) : result<found_definition>(saved(order.pipeline));
        if (!read) return read.error();
        found = std::move(*read);
        found.source.commit = at->commit;
        found.source.ref = at->ref;
        repository = at->repository;
    } else if (of_git) {
        return failure(errc::usage,
                       "the pipeline's definition is in git, and its project has no repository: set "
                       "custom_repo_url");
    } else {
        found = saved(order.pipeline);
        found.source.ref = order.ref;
    }
    if (found.definition->pipeline != nullptr) name_in_file(found, found.definition->pipeline->id.value);
    found.source.repository = repository.string();
    return found;
}

result<std::unique_ptr<run::definition>> definition_of_child(store::stores& stores, project_files* files,
                                                             const store::pipeline_record& child,
                                                             const store::run_source& parent) {
    auto record = stores.pipelines->get(child.project, child.id);
    if (!record) return record.error();
    if (text_setting(*record, "git_config_ref") == "NONE") return std::move(saved(*record).definition);
    if (files == nullptr || parent.commit.empty())
        return failure(errc::usage, "the definition of \"" + child.name + "\" is in git, and this run has no commit");
    const project_files::state at{parent.repository, parent.commit, parent.ref};
    auto paths = definition_files(*files, at);
    if (!paths) return paths.error();
    auto found = in_commit(*files, at, *record, *paths);
    if (!found) return found.error();
    return std::move(found->definition);
}

}  // namespace latchkey::server
