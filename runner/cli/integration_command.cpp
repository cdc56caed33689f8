// SPDX-License-Identifier: Apache-2.0
//
// latchkey integration add, edit, rm.
#include "pipelines/catalogue.hpp"
#include "pipelines/identifier.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/integration_fields.hpp"
#include "runner/cli/secret_input.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

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

}  // namespace

int integration_add_command(context& c, const integration_args& args) {
    const auto found = integration_type_named(args.type);
    if (!found) return c.fail(found.error());
    const pipelines::integration_type* type = *found;
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
