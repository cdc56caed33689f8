// SPDX-License-Identifier: Apache-2.0
#include "runner/server/definition_check.hpp"

#include "pipelines/custom_action.hpp"
#include "pipelines/definition_template.hpp"
#include "pipelines/integrations.hpp"
#include "pipelines/parse.hpp"
#include "policy/decision.hpp"
#include "runner/server/pipeline_settings.hpp"

#include <algorithm>
#include <set>

namespace latchkey::server {

namespace {

// Every reference, whatever the conditions of its action: what is saved may run later.
std::set<std::string> references_in(const pipelines::pipeline& p) {
    std::set<std::string> all;
    for (const auto& r : p.integrations) all.insert(r.value);
    for (const pipelines::action& a : p.actions)
        for (const auto& r : a.integrations) all.insert(r.value);
    return all;
}

// What it names, as far as it can be read; `whole` says whether that is to its end.
std::set<std::string> references_in(const std::string& definition, bool* whole = nullptr) {
    if (whole != nullptr) *whole = true;
    if (definition.empty()) return {};
    const pipelines::parsed read = pipelines::parse(pipelines::source("definition", definition));
    if (whole != nullptr) *whole = !pipelines::has_errors(read.problems);
    std::set<std::string> all;
    for (const pipelines::pipeline& p : read.model.pipelines) all.merge(references_in(p));
    return all;
}

bool is_custom_action(std::string_view path) {
    return path.starts_with(".buddy/actions/") && path.ends_with("/action.yml") && std::ranges::count(path, '/') == 3;
}

// As a commit has it.
std::string_view as_plain_path(std::string_view path) {
    while (path.starts_with('/') || path.starts_with("./")) path.remove_prefix(path.front() == '/' ? 1 : 2);
    return path;
}

// A name with a variable or a template's parameter in it is known when it runs.
bool is_fixed(const std::string& reference) {
    return reference.find('$') == std::string::npos && reference.find("!{") == std::string::npos;
}

enum class standing : unsigned char { nothing, hidden, seen };

// What the reference is for the caller; denied, too, where it is nothing.
result<policy::level> level_on(const call& c, policy::project_id project, const std::string& reference,
                               standing* how = nullptr) {
    const auto found = c.server.stores.runs->find_integration(project, reference);
    if (!found && found.error().code != errc::not_found) return found.error();
    if (!found) return policy::level::denied;
    const policy::integration_id id = found->rights.id;
    auto facts = c.server.stores.runs->snapshot(policy::pipeline_id(), {&id, 1});
    if (!facts) return facts.error();
    const bool sees = policy::may_see(*facts, c.actor(), id);
    if (how != nullptr) *how = sees ? standing::seen : standing::hidden;
    return sees ? policy::level_of(*facts, c.actor(), id) : policy::level::denied;
}

// Whether the workspace has nothing that the caller may not know of. Administrators see all of it.
result<bool> sees_all(const call& c) {
    auto all = c.server.stores.runs->integration_ids(c.workspace->id);
    if (!all) return all.error();
    if (all->empty()) return true;
    auto facts = c.server.stores.runs->snapshot(policy::pipeline_id(), *all);
    if (!facts) return facts.error();
    return std::ranges::all_of(*all,
                               [&](policy::integration_id id) { return policy::may_see(*facts, c.actor(), id); });
}

// Of a project's repository: a definition, a template of one, or a custom action with what its inputs fall back to.
std::set<std::string> references_in_file(const std::string& path, const std::string& text) {
    std::set<std::string> all;
    if (is_custom_action(path)) {
        pipelines::diagnostics problems;
        const auto action = pipelines::read_custom_action(pipelines::source(path, text), problems);
        if (!action) return all;  // nor does any pipeline run it
        for (const pipelines::action_input& input : action->type.inputs)
            if (input.kind == pipelines::input_kind::integration && !input.fallback.empty())
                all.insert(input.fallback);
        return all;
    }
    all = references_in(text);
    all.merge(references_in(pipelines::fill_template(text, {}).text));
    return all;
}

// Use on all that is named and was not before.
result<void> check_new(const call& c, policy::project_id project, const std::set<std::string>& named,
                       const std::set<std::string>& before) {
    for (const std::string& reference : named) {
        if (before.contains(reference) || !is_fixed(reference)) continue;
        const auto level = level_on(c, project, reference);
        if (!level) return level.error();
        if (*level == policy::level::denied)
            return failure(errc::invalid, "there is no integration \"" + reference + "\" for this project");
        if (*level < policy::level::use_only)
            return failure(errc::denied, "you can't put " + reference + " into a pipeline: that needs Use on it");
    }
    return {};
}

}  // namespace

result<bool> names_hidden(const call& c, policy::project_id project, const std::string& definition) {
    return names_hidden(c, project, project, definition);
}

result<bool> names_hidden(const call& c, policy::project_id project, policy::project_id source,
                          const std::string& definition) {
    bool whole = true;
    bool known = true;
    for (const std::string& reference : references_in(definition, &whole)) {
        if (!is_fixed(reference)) continue;
        bool seen = false;
        for (const policy::project_id in : {project, source}) {
            standing how = standing::nothing;
            if (auto level = level_on(c, in, reference, &how); !level) return level.error();
            if (how == standing::hidden) return true;
            seen = seen || how == standing::seen;
            if (project == source) break;
        }
        known = known && seen;
    }
    if (whole && known) return false;
    // Here an answer that looked for what is hidden would tell whoever tries names whether they have met one.
    auto all = sees_all(c);
    if (!all) return all.error();
    return !*all;
}

result<void> check_definition(const call& c, policy::project_id project, const std::string& name,
                              const std::string& definition, const std::string& before) {
    const pipelines::source source("definition", definition);
    const pipelines::parsed read = pipelines::parse(source);
    if (pipelines::has_errors(read.problems)) return failure(errc::invalid, pipelines::render(source, read.problems));
    if (read.model.pipelines.size() != 1)
        return failure(errc::invalid, "a definition holds one pipeline, and this one has " +
                                          std::to_string(read.model.pipelines.size()));
    if (read.model.pipelines.front().id.value != name)
        return failure(errc::invalid, "the definition is of a pipeline \"" + read.model.pipelines.front().id.value +
                                          "\", and this one is \"" + name + "\"");
    return check_new(c, project, references_in(read.model.pipelines.front()), references_in(before));
}

result<void> check_file(const call& c, const std::string& path, const std::string& text, const std::string& before) {
    return check_new(c, c.project->id, references_in_file(path, text), references_in_file(path, before));
}

result<bool> is_read_by_pipelines(const call& c, const std::string& path) {
    if (path == "buddy.yml" || path == "buddy.yaml" || is_custom_action(path)) return true;
    const bool is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    if (is_yaml && path.starts_with(".buddy/") && std::ranges::count(path, '/') == 1) return true;
    auto all = c.server.stores.pipelines->list(c.project->id);
    if (!all) return all.error();
    const auto names = [&](const json& file, const json& project) {
        const bool here = !project.is_string() || project == "" || project == c.project->handle;
        return here && file.is_string() && as_plain_path(file.get_ref<const std::string&>()) == path;
    };
    return std::ranges::any_of(*all, [&](const store::team_pipeline_record& p) {
        const json config = setting_of(p.settings, "git_config");
        return (config.is_object() && names(config.value("path", json()), config.value("project", json()))) ||
               names(setting_of(p.settings, "remote_path"), setting_of(p.settings, "remote_project_name"));
    });
}

}  // namespace latchkey::server
