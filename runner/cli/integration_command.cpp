// SPDX-License-Identifier: Apache-2.0
//
// latchkey integration add, edit, rm.
#include "pipelines/catalogue.hpp"
#include "pipelines/identifier.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/secret_input.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

struct given_field {
    std::string name;
    bool secret = true;
    std::string setting;  // not secret
    vault::secret value;
};

result<policy::level> level_named(const std::string& name) {
    if (name == "deny" || name == "DENIED") return policy::level::denied;
    if (name == "delete-only" || name == "DELETE_ONLY") return policy::level::delete_only;
    if (name == "use" || name == "USE_ONLY") return policy::level::use_only;
    if (name == "manage" || name == "MANAGE") return policy::level::manage;
    return failure(errc::usage, "\"" + name + "\" is no level: say deny, delete-only, use or manage");
}

result<void> set_rights(policy::integration& rights, const integration_args& args) {
    if (!args.admins.empty()) {
        auto l = level_named(args.admins);
        if (!l) return l.error();
        rights.admins = *l;
    }
    if (!args.others.empty()) {
        auto l = level_named(args.others);
        if (!l) return l.error();
        rights.others = *l;
    }
    if (!args.demand.empty()) {
        auto l = level_named(args.demand);
        if (!l || (*l != policy::level::use_only && *l != policy::level::manage))
            return failure(errc::usage, "granting can demand use or manage, not \"" + args.demand + "\"");
        rights.demanded_to_grant = *l;
    }
    if (args.all_pipelines && args.listed_pipelines)
        return failure(errc::usage, "--all-pipelines and --listed-pipelines exclude each other");
    if (args.all_pipelines) rights.all_pipelines_allowed = true;
    if (args.listed_pipelines) rights.all_pipelines_allowed = false;
    return {};
}

const pipelines::credential_field* field_of(const pipelines::integration_type& type, std::string_view name) {
    const auto at = std::ranges::find(type.fields, name, &pipelines::credential_field::name);
    return at == type.fields.end() ? nullptr : &*at;
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

bool has(const std::vector<given_field>& given, std::string_view name) {
    return std::ranges::find(given, name, &given_field::name) != given.end();
}

// Asks for what is required and not given; where nobody can be asked, says what is missing.
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

// A short secret can't be masked in output without eating ordinary text.
void warn_of_short_secrets(context& c, const std::vector<given_field>& given) {
    for (const given_field& g : given)
        if (g.secret && g.value.size() < 6)
            c.err << "latchkey: the value of " << g.name
                  << " is shorter than 6 characters: it can't be masked in logs\n";
}

}  // namespace

int integration_add_command(context& c, const integration_args& args) {
    const pipelines::integration_type* type = pipelines::find_integration_type(args.type);
    if (type == nullptr) {
        const std::string_view near = pipelines::nearest(args.type, pipelines::integration_type_names());
        return c.usage("there is no integration type \"" + args.type + "\"" +
                       (near.empty() ? ": `latchkey integration types` lists them"
                                     : ": did you mean " + std::string(near) + "?"));
    }
    store::integration_record record;
    record.name = args.name;
    record.type = type->name;
    record.identifier = args.identifier.empty() ? pipelines::identifier_from(args.name) : args.identifier;
    if (!pipelines::is_identifier(record.identifier))
        return c.usage("\"" + record.identifier +
                       "\" is no identifier: letters, digits, - and _, a letter first (--identifier)");
    record.rights.all_pipelines_allowed = false;  // locally nothing is allowed until somebody says so
    if (auto set = set_rights(record.rights, args); !set) return c.fail(set.error());
    if (args.scope == "project") {
        auto project = c.project();
        if (!project) return c.fail(project.error());
        record.rights.scope = policy::scope::project;
        record.rights.project = project->id;
    } else if (args.scope != "workspace") {
        return c.usage("\"" + args.scope + "\" is no scope: say workspace or project");
    }
    auto given = read_fields(c, *type, args.fields);
    if (!given) return c.fail(given.error());
    if (auto completed = complete_fields(c, *type, *given); !completed) return c.fail(completed.error());

    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto vault = c.vault();
    if (!vault) return c.fail(vault.error());
    for (given_field& g : *given)
        if (!g.secret) record.settings.emplace_back(g.name, g.setting);
    record.created_at = record.changed_at = c.now();
    const auto seal = [&](policy::integration_id id) {
        std::vector<vault::sealed_field> sealed;
        for (const given_field& g : *given)
            if (g.secret) sealed.push_back((*vault)->seal(id, g.name, 1, g.value));
        return sealed;
    };
    auto added = (*s)->add_integration(record, seal, user->rights.id);
    if (!added) return c.fail(added.error());
    warn_of_short_secrets(c, *given);
    c.out << "added " << plain(added->name) << " (" << added->identifier << "), " << type->title << "\n";
    c.out << (added->rights.all_pipelines_allowed
                  ? "all pipelines may use it\n"
                  : "no pipeline may use it yet: latchkey grant " + added->identifier + " --pipeline NAME\n");
    return exit_success;
}

int integration_edit_command(context& c, const integration_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto record = integration_named(c, args.name);
    if (!record) return c.fail(record.error());
    if (!args.new_name.empty()) record->name = args.new_name;
    if (auto set = set_rights(record->rights, args); !set) return c.fail(set.error());
    const pipelines::integration_type* type = pipelines::find_integration_type(record->type);
    if (!args.fields.empty() && type == nullptr)
        return c.usage("this version does not know the type " + record->type);
    std::vector<given_field> given;
    if (!args.fields.empty()) {
        auto read = read_fields(c, *type, args.fields);
        if (!read) return c.fail(read.error());
        given = std::move(*read);
        auto vault = c.vault();
        if (!vault) return c.fail(vault.error());
        for (const given_field& g : given) {
            if (!g.secret) {
                std::erase_if(record->settings, [&](const auto& setting) { return setting.first == g.name; });
                record->settings.emplace_back(g.name, g.setting);
                continue;
            }
            const auto old = std::ranges::find(record->fields, g.name, &vault::sealed_field::name);
            const std::int64_t version = old == record->fields.end() ? 1 : old->version + 1;
            if (old != record->fields.end()) record->fields.erase(old);
            record->fields.push_back((*vault)->seal(record->rights.id, g.name, version, g.value));
        }
    }
    auto edited = (*s)->edit_integration(*record, user->rights.id, c.now());
    if (!edited) return c.fail(edited.error());
    warn_of_short_secrets(c, given);
    c.out << "changed " << plain(edited->name) << " (" << edited->identifier << ")\n";
    return exit_success;
}

int integration_rm_command(context& c, const integration_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto record = integration_named(c, args.name);
    if (!record) return c.fail(record.error());
    auto grants = (*s)->grants(record->rights.id);
    if (!grants) return c.fail(grants.error());
    if (!args.yes) {
        const std::string what = plain(record->name) + " (" + record->identifier + "), which " +
                                 std::to_string(grants->size()) +
                                 (grants->size() == 1 ? " pipeline has" : " pipelines have") + " a permission for";
        if (!c.interactive) return c.usage("this would remove " + what + ": add --yes");
        if (!ask_yes(c, "Remove " + what + "?")) return exit_success;
    }
    if (auto removed = (*s)->remove_integration(record->rights.id, user->rights.id, c.now()); !removed)
        return c.fail(removed.error());
    c.out << "removed " << plain(record->name) << "\n";
    return exit_success;
}

}  // namespace latchkey::cli
