// SPDX-License-Identifier: Apache-2.0
//
// latchkey integration add, list, show, edit, rm, against a server. Secrets go there in the body of one request, and
// never come back.
#include "pipelines/diagnostic.hpp"
#include "runner/cli/integration_fields.hpp"
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/run/missing.hpp"
#include "runner/server/levels.hpp"

#include <ostream>

namespace latchkey::cli::remote {

namespace {

// "USE_ONLY" as people see it.
std::string level_text(const std::string& word) {
    const auto l = level_named(word);
    return l ? std::string(run::name_of(*l)) : plain(word);
}

// `permissions` is whole in a request: what is not changed stands in it as it is.
result<void> add_rights(json& body, const integration_args& args, json permissions) {
    bool changed = false;
    for (const auto& [name, said] : {std::pair("admins", &args.admins), std::pair("others", &args.others)}) {
        if (said->empty()) continue;
        auto l = level_named(*said);
        if (!l) return l.error();
        permissions[name] = server::to_word(*l);
        changed = true;
    }
    if (changed) body["permissions"] = std::move(permissions);
    if (!args.demand.empty()) {
        auto l = level_named(args.demand);
        if (!l || (*l != policy::level::use_only && *l != policy::level::manage))
            return failure(errc::usage, "granting can demand use or manage, not \"" + args.demand + "\"");
        body["demanded_to_grant"] = server::to_word(*l);
    }
    if (args.all_pipelines && args.listed_pipelines)
        return failure(errc::usage, "--all-pipelines and --listed-pipelines exclude each other");
    if (args.all_pipelines) body["all_pipelines_allowed"] = true;
    if (args.listed_pipelines) body["all_pipelines_allowed"] = false;
    return {};
}

void add_fields(json& body, const std::vector<given_field>& given) {
    for (const given_field& g : given) body[g.name] = g.secret ? std::string(g.value.reveal()) : g.setting;
}

// The copies in the document, once it has been sent.
void wipe_fields(json& body, const std::vector<given_field>& given) {
    for (const given_field& g : given)
        if (g.secret && body.contains(g.name)) vault::wipe(body[g.name].get_ref<std::string&>());
}

std::string path_of(const std::string& workspace, const json& integration) {
    return workspace + "/integrations/" + client::in_path(text_in(integration, "hash_id"));
}

std::string scope_of(const json& i) {
    return text_in(i, "scope") == "PROJECT" ? "project " + text_in(i, "project_name") : "workspace";
}

std::string grant_text(const json& g) {
    std::string text = "since " + text_in(g, "granted_at");
    const json& by = field(g, "granted_by");
    const std::string who = text_in(by, "email").empty() ? text_in(by, "name") : text_in(by, "email");
    if (!who.empty()) text += " by " + who;
    if (const auto run = number_in(g, "only_execution"); run > 0)
        text += ", for run #" + std::to_string(run) + " only";
    if (const std::string ref = text_in(g, "ref"); !ref.empty()) text += ", for " + ref;
    if (const std::string end = text_in(g, "expires_at"); !end.empty()) text += ", until " + end;
    return plain(text);
}

}  // namespace

int integration_add_command(place& p, const integration_args& args) {
    context& c = p.c();
    const auto found = integration_type_named(args.type);
    if (!found) return c.fail(found.error());
    const pipelines::integration_type* type = *found;
    json body = {{"name", args.name}, {"type", type->name}, {"scope", "WORKSPACE"}};
    if (!args.identifier.empty()) body["identifier"] = args.identifier;
    // The command's default, here and there: nothing is allowed until somebody says so.
    body["all_pipelines_allowed"] = false;
    if (auto rights = add_rights(body, args, json::object()); !rights) return c.fail(rights.error());
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    if (args.scope == "project") {
        auto project = p.project();
        if (!project) return c.fail(project.error());
        body["scope"] = "PROJECT";
        body["project_name"] = *project;
    } else if (args.scope != "workspace") {
        return c.usage("\"" + args.scope + "\" is no scope: say workspace or project");
    }
    auto given = read_fields(c, *type, args.fields);
    if (!given) return c.fail(given.error());
    if (auto completed = complete_fields(c, *type, *given); !completed) return c.fail(completed.error());
    add_fields(body, *given);
    p.announce();
    auto made = p.api().call("POST", *base + "/integrations", body);
    wipe_fields(body, *given);
    if (!made) return c.fail(made.error());
    warn_of_short_secrets(c, *given);
    const std::string identifier = plain(text_in(*made, "identifier"));
    c.out << "added " << plain(text_in(*made, "name")) << " (" << identifier << "), " << type->title << "\n";
    c.out << (flag_in(*made, "all_pipelines_allowed")
                  ? "all pipelines may use it\n"
                  : "no pipeline may use it yet: latchkey grant " + identifier + " --pipeline NAME\n");
    return exit_success;
}

int integration_list_command(place& p, const integration_args& args) {
    context& c = p.c();
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    auto all = p.api().all(*base + "/integrations", "integrations");
    if (!all) return c.fail(all.error());
    if (args.json) {
        c.out << one_line({{"integrations", *all}}) << "\n";
        return exit_success;
    }
    if (all->empty()) {
        c.out << "no integrations yet: `latchkey integration add NAME --type TYPE` adds one\n";
        return exit_success;
    }
    std::vector<std::vector<std::string>> rows = {{"IDENTIFIER", "NAME", "TYPE", "SCOPE", "PIPELINES"}};
    for (const json& i : *all)
        rows.push_back(
            {plain(text_in(i, "identifier")), plain(text_in(i, "name")), plain(text_in(i, "type")),
             plain(scope_of(i)),
             flag_in(i, "all_pipelines_allowed") ? "all" : std::to_string(list_in(i, "allowed_pipelines").size())});
    c.out << aligned(rows);
    return exit_success;
}

int integration_show_command(place& p, const integration_args& args) {
    context& c = p.c();
    auto i = p.integration(args.name);
    if (!i) return c.fail(i.error());
    if (args.json) {
        c.out << one_line(*i) << "\n";
        return exit_success;
    }
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    auto grants = p.api().all(own(path_of(*base, *i)) + "/grants", "grants");
    if (!grants) return c.fail(grants.error());
    const json& permissions = field(*i, "permissions");
    std::vector<std::vector<std::string>> rows = {{"name", plain(text_in(*i, "name"))},
                                                  {"identifier", plain(text_in(*i, "identifier"))},
                                                  {"hash id", plain(text_in(*i, "hash_id"))},
                                                  {"type", plain(text_in(*i, "type"))},
                                                  {"scope", plain(scope_of(*i))},
                                                  {"admins", level_text(text_in(permissions, "admins"))},
                                                  {"others", level_text(text_in(permissions, "others"))}};
    if (const std::string demanded = text_in(*i, "demanded_to_grant"); !demanded.empty())
        rows.push_back({"to grant", level_text(demanded)});
    if (const auto* type = pipelines::find_integration_type(text_in(*i, "type")))
        for (const auto& f : type->fields)
            if (const std::string value = text_in(*i, f.name.c_str()); !value.empty() && !f.secret)
                rows.push_back({f.name, plain(value)});
    c.out << aligned(rows);
    if (flag_in(*i, "all_pipelines_allowed")) {
        c.out << "\nall pipelines in its scope may use it\n";
    } else if (grants->empty()) {
        c.out << "\nno pipeline may use it\n";
    } else {
        c.out << "\nallowed pipelines\n";
        rows.clear();
        for (const json& g : *grants)
            rows.push_back({plain(text_in(field(g, "pipeline"), "project_name")) + "/" +
                                plain(text_in(field(g, "pipeline"), "name")),
                            grant_text(g)});
        c.out << aligned(rows, "  ");
    }
    return exit_success;
}

int integration_edit_command(place& p, const integration_args& args) {
    context& c = p.c();
    auto i = p.integration(args.name);
    if (!i) return c.fail(i.error());
    json body = json::object();
    if (!args.new_name.empty()) body["name"] = args.new_name;
    if (auto rights = add_rights(body, args, field(*i, "permissions")); !rights) return c.fail(rights.error());
    std::vector<given_field> given;
    if (!args.fields.empty()) {
        const pipelines::integration_type* type = pipelines::find_integration_type(text_in(*i, "type"));
        if (type == nullptr) return c.usage("this version does not know the type " + text_in(*i, "type"));
        auto read = read_fields(c, *type, args.fields);
        if (!read) return c.fail(read.error());
        given = std::move(*read);
        add_fields(body, given);
    }
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    p.announce();
    auto edited = p.api().call("PATCH", path_of(*base, *i), body);
    wipe_fields(body, given);
    if (!edited) return c.fail(edited.error());
    warn_of_short_secrets(c, given);
    c.out << "changed " << plain(text_in(*edited, "name")) << " (" << plain(text_in(*edited, "identifier")) << ")\n";
    return exit_success;
}

int integration_rm_command(place& p, const integration_args& args) {
    context& c = p.c();
    auto i = p.integration(args.name);
    if (!i) return c.fail(i.error());
    auto base = p.workspace_path();
    if (!base) return c.fail(base.error());
    const auto count = list_in(*i, "allowed_pipelines").size();
    p.announce();
    if (!args.yes) {
        const std::string what = plain(text_in(*i, "name")) + " (" + plain(text_in(*i, "identifier")) + "), which " +
                                 std::to_string(count) + (count == 1 ? " pipeline has" : " pipelines have") +
                                 " a permission for";
        if (!c.interactive) return c.usage("this would remove " + what + ": add --yes");
        if (!ask_yes(c, "Remove " + what + "?")) return exit_success;
    }
    if (auto done = p.api().call("DELETE", path_of(*base, *i)); !done) return c.fail(done.error());
    c.out << "removed " << plain(text_in(*i, "name")) << "\n";
    return exit_success;
}

}  // namespace latchkey::cli::remote
