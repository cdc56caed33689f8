// SPDX-License-Identifier: Apache-2.0
// The catalogue of integration types, for who makes a form of it.
#include "pipelines/catalogue.hpp"
#include "runner/server/handlers.hpp"

#include <algorithm>
#include <vector>

namespace latchkey::server {

result<answer> list_integration_types(call&) {
    std::vector<const pipelines::integration_type*> types;
    for (const std::string_view name : pipelines::integration_type_names())
        if (const auto* type = pipelines::find_integration_type(name)) types.push_back(type);
    std::ranges::sort(types, {}, &pipelines::integration_type::title);
    json all = json::array();
    for (const pipelines::integration_type* type : types) {
        json fields = json::array();
        for (const pipelines::credential_field& f : type->fields)
            fields.push_back(
                {{"name", f.name}, {"secret", f.secret}, {"required", f.required}, {"help", f.description}});
        json delivers = json::array();
        for (const pipelines::delivered_variable& v : type->variables) delivers.push_back(v.name);
        for (const pipelines::delivered_file& f : type->files) delivers.push_back(f.variable);
        all.push_back({{"type", type->name},
                       {"title", type->title},
                       {"fields", std::move(fields)},
                       {"alternatives", type->alternatives},
                       {"auth_types", {"DEFAULT"}},
                       {"delivers", std::move(delivers)},
                       {"can_be_tested", type->check.has_value()}});
    }
    return answer{200, {{"integration_types", std::move(all)}}, {}};
}

}  // namespace latchkey::server
