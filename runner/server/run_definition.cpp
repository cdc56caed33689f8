// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_definition.hpp"

#include "pipelines/definition_template.hpp"
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

// Whose definition is looked for, and for whom.
struct question {
    store::stores& stores;
    project_files& files;
    const store::team_project_record& project;
    const store::team_pipeline_record& pipeline;
    policy::user_id actor;
};

// Another project of the workspace: one that is not there and one that the actor may not read are the same.
result<store::team_project_record> readable_project(const question& q, const std::string& handle) {
    if (handle.empty() || handle == q.project.handle) return q.project;
    const failure none(errc::not_found, "the pipeline's definition is in the project \"" + handle +
                                            "\", which is not there for who stands behind this run");
    auto other = q.stores.people->project(q.project.workspace, handle);
    if (!other) return other.error().code == errc::not_found ? none : other.error();
    auto role = q.stores.people->role_in_project(q.project.workspace, other->id, q.actor);
    if (!role) return role.error();
    if (!*role) return none;
    return other;
}

result<policy::ref> ref_named(const std::string& name) {
    if (name.empty()) return policy::ref();
    if (name.starts_with("refs/heads/")) return policy::ref{policy::ref_type::branch, name};
    if (name.starts_with("refs/tags/")) return policy::ref{policy::ref_type::tag, name};
    if (name.starts_with("refs/"))
        return failure(errc::usage, "the pipeline's definition is at " + name + ", which is no branch and no tag");
    return policy::ref{policy::ref_type::branch, "refs/heads/" + name};
}

result<project_files::state> state_of(const question& q, const store::team_project_record& project,
                                      const std::string& ref) {
    if (!has_repository(project))
        return failure(errc::usage, "the pipeline's definition is in the project \"" + project.handle +
                                        "\", which has no repository");
    auto of = ref_named(ref);
    if (!of) return of.error();
    return q.files.find(project, *of, "");
}

void note_project(const question& q, const store::team_project_record& of, found_definition& found) {
    if (of.id != q.project.id) found.definition->elsewhere = of.id;
}

// One file of a branch, whatever the run's commit.
result<found_definition> fixed(const question& q) {
    const json config = setting_of(q.pipeline.settings, "git_config");
    const auto text = [&](const char* name) {
        const bool there = config.is_object() && config.contains(name) && config[name].is_string();
        return there ? config[name].get<std::string>() : std::string();
    };
    if (text("path").empty()) return failure(errc::usage, "git_config of the pipeline names no path");
    auto project = readable_project(q, text("project"));
    if (!project) return project.error();
    auto at = state_of(q, *project, text("branch"));
    if (!at) return at.error();
    auto found = in_commit(q.files, *at, q.pipeline, {text("path")});
    if (found) note_project(q, *project, *found);
    return found;
}

result<std::string> filled(const std::string& path, const std::string& text, const json& given) {
    std::map<std::string, std::string, std::less<>> parameters;
    if (given.is_array())
        for (const json& one : given)
            if (one.is_object() && one.contains("key") && one["key"].is_string()) {
                const json value = one.value("value", json());
                parameters[one["key"]] = value.is_string() ? value.get<std::string>()
                                         : value.is_null() ? ""
                                                           : value.dump();
            }
    pipelines::filled_template f = pipelines::fill_template(text, parameters);
    if (f.too_long) return failure(errc::refused, path + " is too long with its parameters");
    if (f.missing.empty()) return std::move(f.text);
    std::string names;
    for (const std::string& name : f.missing) names += (names.empty() ? "" : ", ") + name;
    return failure(errc::usage, path + " asks for " + names + ": say it in `remote_parameters`");
}

// A template that may lie in another project, filled in.
result<found_definition> remote(const question& q) {
    const std::string path = text_setting(q.pipeline, "remote_path");
    if (path.empty())
        return failure(errc::usage, "the pipeline's definition is REMOTE, and `remote_path` is missing");
    auto project = readable_project(q, text_setting(q.pipeline, "remote_project_name"));
    if (!project) return project.error();
    auto at = state_of(q, *project, text_setting(q.pipeline, "remote_ref"));
    if (!at) return at.error();
    auto text = q.files.read(*at, path);
    if (!text) return text.error();
    auto yaml = filled(path, *text, setting_of(q.pipeline.settings, "remote_parameters"));
    if (!yaml) return yaml.error();
    auto types = type_files(q.files, *at);
    if (!types) return types.error();
    found_definition found;
    found.source.file = path;
    found.definition = run::read_definition(path, std::move(*yaml), q.pipeline.name, *types);
    note_project(q, *project, found);
    found.definition->pipeline = pipeline_in(*found.definition, q.pipeline);
    auto& all = found.definition->parsed.model.pipelines;
    if (found.definition->pipeline == nullptr && all.size() == 1) found.definition->pipeline = &all.front();
    // Of one that can't be read its faults are said.
    if (found.definition->pipeline == nullptr && !pipelines::has_errors(found.definition->parsed.problems))
        return failure(errc::not_found, path + " defines no pipeline \"" + q.pipeline.name + "\"");
    return found;
}

bool is_remote(const store::team_pipeline_record& p) {
    return text_setting(p, "definition_source") == "REMOTE";
}

// `at`: the run's own commit; absent: there is none.
result<found_definition> of_pipeline(store::stores& stores, project_files* files,
                                     const store::team_project_record& project,
                                     const store::team_pipeline_record& pipeline, policy::user_id actor,
                                     const project_files::state* at) {
    const std::string how = text_setting(pipeline, "git_config_ref");
    if (!is_remote(pipeline) && how == "NONE") return saved(pipeline);
    if (files == nullptr)
        return failure(errc::usage,
                       "the definition of \"" + pipeline.name + "\" is in git, which this server does not read");
    const question q{stores, *files, project, pipeline, actor};
    if (is_remote(pipeline)) return remote(q);
    if (how == "FIXED") return fixed(q);
    if (at == nullptr)
        return failure(errc::usage,
                       "the definition of \"" + pipeline.name + "\" is in git, and this run has no commit");
    auto paths = definition_files(*files, *at);
    if (!paths) return paths.error();
    return in_commit(*files, *at, pipeline, *paths);
}

}  // namespace

result<found_definition> find_definition(store::stores& stores, project_files* files,
                                         const std::filesystem::path& data, const run_order& order) {
    found_definition found;
    // The folder's last part is the project's name; without a repository it is the name alone.
    std::filesystem::path repository =
        data / "repositories" / std::to_string(order.project.id.value()) / order.project.handle;
    if (has_repository(order.project) && files != nullptr) {
        auto at = files->find(order.project, order.ref, order.revision);
        if (!at) return at.error();
        auto read = of_pipeline(stores, files, order.project, order.pipeline, order.actor, &*at);
        if (!read) return read.error();
        found = std::move(*read);
        if (!order.base.empty()) {
            auto base = files->commit(*at, order.base);
            if (!base) return base.error();
            found.source.base = std::move(*base);
        }
        found.source.commit = at->commit;
        found.source.ref = at->ref;
        repository = at->repository;
    } else {
        if ((!order.revision.empty() && order.revision != "HEAD") || !order.base.empty())
            return failure(errc::usage, "the project has no repository, and so no commit " +
                                            (order.base.empty() ? order.revision : order.base));
        if (text_setting(order.pipeline, "git_config_ref") == "DYNAMIC" && !is_remote(order.pipeline))
            return failure(errc::usage,
                           "the pipeline's definition is in git, and its project has no repository: set "
                           "custom_repo_url");
        auto read = of_pipeline(stores, files, order.project, order.pipeline, order.actor, nullptr);
        if (!read) return read.error();
        found = std::move(*read);
        found.source.ref = order.ref;
    }
    if (found.definition->pipeline != nullptr) name_in_file(found, found.definition->pipeline->id.value);
    // Whoever reads it later has to be let into that one, too.
    if (const policy::project_id other = found.definition->elsewhere; other.valid())
        found.source.origin.emplace_back(origin::definition_project, std::to_string(other.value()));
    found.source.repository = repository.string();
    return found;
}

result<std::unique_ptr<run::definition>> definition_of_child(store::stores& stores, project_files* files,
                                                             const store::pipeline_record& child,
                                                             const store::run_source& parent, policy::user_id actor) {
    auto record = stores.pipelines->get(child.project, child.id);
    if (!record) return record.error();
    auto project = stores.people->project_numbered(child.project);
    if (!project) return project.error();
    const project_files::state at{parent.repository, parent.commit, parent.ref};
    auto found = of_pipeline(stores, files, *project, *record, actor, parent.commit.empty() ? nullptr : &at);
    if (!found) return found.error();
    return std::move(found->definition);
}

}  // namespace latchkey::server
