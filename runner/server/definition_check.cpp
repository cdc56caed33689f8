// SPDX-License-Identifier: Apache-2.0
#include "runner/server/definition_check.hpp"

#include "pipelines/integrations.hpp"
#include "pipelines/parse.hpp"
#include "policy/decision.hpp"

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

// A name with a variable in it is known when it runs.
bool is_fixed(const std::string& reference) {
    return reference.find('$') == std::string::npos;
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
    const std::set<std::string> known = references_in(before);
    for (const std::string& reference : references_in(read.model.pipelines.front())) {
        if (known.contains(reference) || !is_fixed(reference)) continue;
        const auto level = level_on(c, project, reference);
        if (!level) return level.error();
        if (*level == policy::level::denied)
            return failure(errc::invalid, "there is no integration \"" + reference + "\" for this project");
        if (*level < policy::level::use_only)
            return failure(errc::denied, "you can't put " + reference + " into a pipeline: that needs Use on it");
    }
    return {};
}

}  // namespace latchkey::server
