// SPDX-License-Identifier: Apache-2.0
#include "runner/run/integration_fit.hpp"

#include "pipelines/catalogue.hpp"
#include "policy/decision.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace latchkey::run {

namespace {

// Its own `integration`, by whichever of its names: not a chart's repository, not one that an action before it gave.
bool is_own(const pipelines::action& a, const pipelines::integration_reference& r) {
    if (r.key != "integration" && r.key != "integration_hash" && r.key != "integration_id") return false;
    return std::ranges::any_of(a.integrations, [&](const pipelines::integration_reference& own) {
        return own.where.begin == r.where.begin && own.value == r.value;
    });
}

std::string listed(const std::vector<std::string>& types) {
    std::string text;
    for (const std::string& type : types)
        text += (text.empty() ? "" : &type == &types.back() ? " or " : ", ") + pipelines::in_backticks(type);
    return text;
}

}  // namespace

result<void> check_integration_types(store::store& s, const pipelines::plan& plan, policy::project_id project,
                                     policy::pipeline_id pipeline, policy::user_id reader,
                                     pipelines::diagnostics& problems) {
    // The type, by reference; none: it is not there, or not for this reader to know.
    std::map<std::string, std::optional<std::string>> seen;
    for (const pipelines::integration_use& use : plan.uses) {
        const pipelines::action& a = *plan.actions[use.action].definition;
        if (a.kind == nullptr || a.kind->integration_types.empty() || !is_own(a, use.reference)) continue;
        auto known = seen.find(use.reference.value);
        if (known == seen.end()) {
            known = seen.emplace(use.reference.value, std::nullopt).first;
            auto record = s.find_integration(project, use.reference.value);
            if (!record && record.error().code != errc::not_found) return record.error();
            if (!record) continue;
            const std::vector<policy::integration_id> ids = {record->rights.id};
            auto facts = s.snapshot(pipeline, ids);
            if (!facts) return facts.error();
            if (policy::may_see(*facts, reader, record->rights.id)) known->second = record->type;
        }
        if (!known->second ||
            std::ranges::find(a.kind->integration_types, *known->second) != a.kind->integration_types.end())
            continue;
        pipelines::diagnostic d;
        d.code = "P076";
        d.where = use.reference.where;
        d.message = "the integration " + pipelines::in_backticks(use.reference.value) + " is of the type " +
                    pipelines::in_backticks(*known->second) + ", and an action of the type " +
                    pipelines::in_backticks(a.type.value) + " takes " + listed(a.kind->integration_types);
        d.help = "name another one, or add one with `latchkey integration add NAME --type " +
                 a.kind->integration_types.front() + "`";
        if (std::ranges::find(problems, d) == problems.end()) problems.push_back(std::move(d));
    }
    pipelines::sort_by_place(problems);
    return {};
}

}  // namespace latchkey::run
