// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/integration_fields.hpp"

#include "pipelines/diagnostic.hpp"
#include "runner/cli/secret_input.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

const pipelines::credential_field* field_of(const pipelines::integration_type& type, std::string_view name) {
    const auto at = std::ranges::find(type.fields, name, &pipelines::credential_field::name);
    return at == type.fields.end() ? nullptr : &*at;
}

bool has(const std::vector<given_field>& given, std::string_view name) {
    return std::ranges::find(given, name, &given_field::name) != given.end();
}

}  // namespace

result<policy::level> level_named(const std::string& name) {
    if (name == "deny" || name == "DENIED") return policy::level::denied;
    if (name == "delete-only" || name == "DELETE_ONLY") return policy::level::delete_only;
    if (name == "use" || name == "USE_ONLY") return policy::level::use_only;
    if (name == "manage" || name == "MANAGE") return policy::level::manage;
    return failure(errc::usage, "\"" + name + "\" is no level: say deny, delete-only, use or manage");
}

result<const pipelines::integration_type*> integration_type_named(const std::string& name) {
    if (const pipelines::integration_type* type = pipelines::find_integration_type(name)) return type;
    const std::string_view near = pipelines::nearest(name, pipelines::integration_type_names());
    return failure(errc::usage, "there is no integration type \"" + name + "\"" +
                                    (near.empty() ? ": `latchkey integration types` lists them"
                                                  : ": did you mean " + std::string(near) + "?"));
}

result<std::vector<given_field>> read_fields(context& c, const pipelines::integration_type& type,
                                             const std::vector<std::string>& pairs) {
    std::vector<given_field> given;
    bool used_input = false;
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        const std::string name = pair.substr(0, equals);
        const pipelines::credential_field* field = field_of(type, name);
        if (field == nullptr) {
            std::vector<std::string_view> names;
            for (const auto& f : type.fields) names.push_back(f.name);
            const std::string_view near = pipelines::nearest(name, names);
            return failure(errc::usage,
                           type.name + " has no field \"" + name + "\"" +
                               (near.empty() ? ": `latchkey integration types " + type.name + "` lists them"
                                             : ": did you mean \"" + std::string(near) + "\"?"));
        }
        if (std::ranges::find(given, name, &given_field::name) != given.end())
            return failure(errc::usage, "the field " + name + " is given twice");
        if (equals == std::string::npos) {
            // The name alone: it is asked for.
            if (!field->secret) return failure(errc::usage, "say --field " + name + "=VALUE");
            auto secret = ask_secret(c, name);
            if (!secret) return secret.error();
            given.push_back({name, true, {}, std::move(*secret)});
            continue;
        }
        const std::string value = pair.substr(equals + 1);
        if (value == "-") {
            if (used_input) return failure(errc::usage, "standard input can give one field only");
            used_input = true;
        }
        given_field g;
        g.name = name;
        g.secret = field->secret;
        if (field->secret || value == "-" || value.starts_with('@')) {
            auto secret = secret_from(c, value);
            if (!secret) return failure(secret.error().code, "the field " + name + ": " + secret.error().what);
            if (field->secret)
                g.value = std::move(*secret);
            else
                g.setting = secret->reveal();
        } else {
            g.setting = value;
        }
        given.push_back(std::move(g));
    }
    return given;
}

result<void> complete_fields(context& c, const pipelines::integration_type& type, std::vector<given_field>& given) {
    const auto ask = [&](const pipelines::credential_field& f) -> result<void> {
        const std::string what = f.name + (f.description.empty() ? "" : " (" + f.description + ")");
        if (!f.secret) return failure(errc::usage, "the field " + what + " is missing: --field " + f.name + "=VALUE");
        auto secret = ask_secret(c, what);
        if (!secret) return secret.error();
        given_field g;
        g.name = f.name;
        g.value = std::move(*secret);
        given.push_back(std::move(g));
        return {};
    };
    for (const pipelines::credential_field& f : type.fields)
        if (f.required && !has(given, f.name))
            if (auto asked = ask(f); !asked) return asked;
    if (type.alternatives.empty()) return {};
    const auto complete = [&](const std::vector<std::string>& set) {
        return std::ranges::all_of(set, [&](const std::string& name) { return has(given, name); });
    };
    if (std::ranges::any_of(type.alternatives, complete)) return {};
    // The set of which a part was given, else the first, is what the person is after.
    const auto begun = std::ranges::find_if(type.alternatives, [&](const auto& set) {
        return std::ranges::any_of(set, [&](const std::string& name) { return has(given, name); });
    });
    for (const std::string& name : begun == type.alternatives.end() ? type.alternatives.front() : *begun)
        if (const auto* f = field_of(type, name); f != nullptr && !has(given, name))
            if (auto asked = ask(*f); !asked) return asked;
    return {};
}

void warn_of_short_secrets(context& c, const std::vector<given_field>& given) {
    for (const given_field& g : given)
        if (g.secret && g.value.size() < 6)
            c.err << "latchkey: the value of " << g.name
                  << " is shorter than 6 characters: it can't be masked in logs\n";
}

}  // namespace latchkey::cli
