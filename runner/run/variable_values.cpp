// SPDX-License-Identifier: Apache-2.0
#include "runner/run/variable_values.hpp"

namespace latchkey::run {

pipelines::variable_lookup plain_variables(const pipelines::plan& plan, std::uint32_t action,
                                           const passed_variables& passed) {
    return [&plan, &passed, action](std::string_view name) -> std::optional<std::string> {
        for (const auto* environment : {&plan.actions[action].environment, &plan.environment}) {
            if (environment == &plan.environment)
                if (auto value = passed.value_of(name)) return value;
            for (auto e = environment->rbegin(); e != environment->rend(); ++e)
                if (e->name == name) return e->secret ? std::nullopt : std::optional(e->value);
        }
        return std::nullopt;
    };
}

}  // namespace latchkey::run
