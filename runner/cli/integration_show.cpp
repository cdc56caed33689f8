// SPDX-License-Identifier: Apache-2.0
//
// latchkey integration list, show, types. Nothing here opens a secret.
#include "pipelines/catalogue.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/json.hpp"
#include "runner/run/missing.hpp"

#include <ostream>

namespace latchkey::cli {

namespace {

std::string scope_of(const store::integration_record& i) {
    return i.rights.scope == policy::scope::project ? "project" : "workspace";
}

std::string grant_text(store::store& s, const policy::grant& g) {
    std::string text = "since " + policy::format_utc(std::chrono::floor<std::chrono::seconds>(g.granted_at));
    // The owner of a local store has no name: it is the person at the keyboard.
    if (const auto who = s.user(g.granted_by)) text += " by " + (who->email.empty() ? "you" : plain(who->email));
    if (g.from_run.valid()) {
        const auto run = s.run(g.from_run);
        if (run) text += ", from run #" + std::to_string(run->number);
    }
    if (g.only_run.valid()) text += ", for that run only";
    if (!g.ref_pattern.empty()) text += ", for " + plain(g.ref_pattern);
    if (g.expires) text += ", until " + policy::format_utc(std::chrono::floor<std::chrono::seconds>(*g.expires));
    return text;
}

}  // namespace

int integration_list_command(context& c, const integration_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto all = (*s)->integrations(store::local_workspace);
    if (!all) return c.fail(all.error());
    if (args.json) {
        c.out << json_of_integrations(*all) << "\n";
        return exit_success;
    }
    if (all->empty()) {
        c.out << "no integrations yet: `latchkey integration add NAME --type TYPE` adds one\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows = {{"IDENTIFIER", "NAME", "TYPE", "SCOPE", "PIPELINES"}};
    for (const store::integration_record& i : *all) {
        auto grants = (*s)->grants(i.rights.id);
        if (!grants) return c.fail(grants.error());
        rows.push_back({i.identifier, plain(i.name), i.type, scope_of(i),
                        i.rights.all_pipelines_allowed ? "all" : std::to_string(grants->size())});
    }
    c.out << aligned(rows);
    return exit_success;
}

int integration_show_command(context& c, const integration_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto i = integration_named(c, args.name);
    if (!i) return c.fail(i.error());
    if (args.json) {
        c.out << json_of_integrations({*i}) << "\n";
        return exit_success;
    }
    std::string secrets;
    for (const vault::sealed_field& f : i->fields) secrets += (secrets.empty() ? "" : ", ") + f.name;
    std::vector<std::vector<std::string>> rows = {
        {"name", plain(i->name)},
        {"identifier", i->identifier},
        {"hash id", i->hash_id},
        {"type", i->type},
        {"scope", scope_of(*i)},
        {"secrets", secrets.empty() ? "none" : secrets + "  (write-only)"},
        {"admins", std::string(run::name_of(i->rights.admins))},
        {"others", std::string(run::name_of(i->rights.others))},
        {"to grant", std::string(run::name_of(i->rights.demanded_to_grant))},
    };
    for (const auto& [name, value] : i->settings) rows.push_back({name, plain(value)});
    c.out << aligned(rows);
    auto grants = (*s)->grants(i->rights.id);
    if (!grants) return c.fail(grants.error());
    if (i->rights.all_pipelines_allowed) {
        c.out << "\nall pipelines in its scope may use it\n";
    } else if (grants->empty()) {
        c.out << "\nno pipeline may use it\n";
    } else {
        c.out << "\nallowed pipelines\n";
        std::vector<std::vector<std::string>> list;
        for (const policy::grant& g : *grants) {
            const auto pipeline = (*s)->pipeline(g.pipeline);
            list.push_back(
                {pipeline ? plain(pipeline->name) + (pipeline->retired ? " (gone from its file)" : "") : "?",
                 grant_text(**s, g)});
        }
        c.out << aligned(list, "  ");
    }
    return exit_success;
}

int integration_types_command(context& c, const integration_args& args) {
    if (args.name.empty()) {
        std::vector<std::vector<std::string>> rows;
        for (const std::string_view name : pipelines::integration_type_names())
            rows.push_back({std::string(name), pipelines::find_integration_type(name)->title});
        c.out << aligned(rows);
        return exit_success;
    }
    const pipelines::integration_type* type = pipelines::find_integration_type(args.name);
    if (type == nullptr) {
        const std::string_view near = pipelines::nearest(args.name, pipelines::integration_type_names());
        return c.usage("there is no integration type \"" + args.name + "\"" +
                       (near.empty() ? "" : ": did you mean " + std::string(near) + "?"));
    }
    c.out << type->name << "  " << type->title << "\n\nfields\n";
    std::vector<std::vector<std::string>> rows;
    for (const pipelines::credential_field& f : type->fields)
        rows.push_back({f.name, f.secret ? "secret" : "", f.required ? "required" : "", f.description});
    c.out << aligned(rows, "  ") << "\nan action that uses it gets\n";
    rows.clear();
    for (const pipelines::delivered_variable& v : type->variables) rows.push_back({v.name, v.value});
    for (const pipelines::delivered_file& f : type->files)
        rows.push_back({f.variable, (f.directory ? "folder with the file " : "path of the file ") + f.name});
    if (type->variables.empty() && type->files.empty()) rows.push_back({"INTEGRATION_<FIELD>", "each of its fields"});
    rows.push_back({"<IDENTIFIER>_<FIELD>", "each of its fields"});
    c.out << aligned(rows, "  ");
    return exit_success;
}

}  // namespace latchkey::cli
