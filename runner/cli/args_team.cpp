// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/args_line.hpp"

#include <CLI/CLI.hpp>

namespace latchkey::cli {

namespace {

using remote::team_command;

// One command of a group; `name` is what its argument names, empty: it has none.
CLI::App* add_one(CLI::App* to, line& l, const std::string& word, const std::string& what, const std::string& example,
                  team_command command, const std::string& name, const std::string& means, bool required = true) {
    CLI::App* one = add(*to, word, what, "  latchkey " + example + "\n");
    if (!name.empty()) {
        CLI::Option* o = one->add_option(name, l.team.name, means);
        if (required) o->required();
    }
    if (word == "list" || word == "show") one->add_flag("--json", l.team.json, "One JSON document");
    if (word == "rm") one->add_flag("-y,--yes", l.team.yes, "Do not ask");
    add_server_place(one, l);
    one->callback([&l, command] { act_there(l, command, l.team); });
    return one;
}

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& what, const std::string& example) {
    CLI::App* group = add(app, name, what, "  latchkey " + example + "\n");
    group->require_subcommand(1);
    return group;
}

void add_workspace(CLI::App& app, line& l) {
    CLI::App* g = add_group(app, "workspace", "On a server: workspaces", "workspace list");
    add_one(g, l, "list", "List yours", "workspace list", remote::workspace_list, "", "");
    add_one(g, l, "show", "Show one", "workspace show acme", remote::workspace_show, "workspace", "Its name", false);
    add_one(g, l, "add", "Make one, which you own", "workspace add acme --title \"Acme\"", remote::workspace_add,
            "workspace", "Its name in addresses")
        ->add_option("--title", l.team.title, "Its name for people")
        ->type_name("TEXT");
    add_one(g, l, "rm", "Remove one with everything in it", "workspace rm acme", remote::workspace_rm, "workspace",
            "Its name");
}

void add_project(CLI::App& app, line& l) {
    CLI::App* g = add_group(app, "project", "On a server: projects, and who has which role in one", "project list");
    add_one(g, l, "list", "List yours", "project list", remote::project_list, "", "");
    add_one(g, l, "show", "Show one", "project show web", remote::project_show, "name", "Its name", false);
    CLI::App* made = add_one(g, l, "add", "Make one", "project add web --repository https://git.example.test/web.git",
                             remote::project_add, "name", "Its name in addresses");
    made->add_option("--title", l.team.title, "Its name for people")->type_name("TEXT");
    made->add_option("--repository", l.team.repository, "The git repository that it is of")->type_name("URL");
    add_one(g, l, "rm", "Remove one with its pipelines and runs", "project rm web", remote::project_rm, "name",
            "Its name");
    CLI::App* role = add(*g, "role", "Who may do what in a project", "  latchkey project role list\n");
    role->require_subcommand(1);
    add_one(role, l, "list", "List who has which role", "project role list --project web", remote::project_role_list,
            "", "");
    add_one(role, l, "set", "Give a member or a group a role",
            "project role set bob@acme.test --role Developer --project web", remote::project_role_set, "who",
            "A member's address, or a group's name")
        ->add_option("--role", l.team.role, "Project manager, Developer, Operator, Viewer, or one of your own")
        ->required()
        ->type_name("NAME");
    add_one(role, l, "rm", "Take it away", "project role rm bob@acme.test --project web", remote::project_role_rm,
            "who", "A member's address, or a group's name");
}

void add_people(CLI::App& app, line& l) {
    CLI::App* g = add_group(app, "member", "On a server: the members of a workspace", "member list");
    add_one(g, l, "list", "List them", "member list", remote::member_list, "", "");
    add_one(g, l, "show", "Show one", "member show bob@acme.test", remote::member_show, "email", "The address");
    add_one(g, l, "add", "Add one", "member add bob@acme.test", remote::member_add, "email", "The address")
        ->add_flag("--admin", l.team.administrator, "As an administrator");
    CLI::App* edit = add_one(g, l, "edit", "Change one", "member edit bob@acme.test --admin", remote::member_edit,
                             "email", "The address");
    edit->add_flag("--admin", l.team.administrator, "Make an administrator");
    edit->add_flag("--no-admin", l.team.no_administrator, "Make a plain member");
    add_one(g, l, "rm", "Remove one from the workspace", "member rm bob@acme.test", remote::member_rm, "email",
            "The address");

    g = add_group(app, "group", "On a server: groups, and who is in them", "group list");
    add_one(g, l, "list", "List them", "group list", remote::group_list, "", "");
    add_one(g, l, "show", "List who is in one", "group show Developers", remote::group_show, "group", "Its name");
    add_one(g, l, "add", "Make one", "group add Developers", remote::group_add, "group", "Its name")
        ->add_option("--description", l.team.description, "What it is for")
        ->type_name("TEXT");
    add_one(g, l, "rm", "Remove one", "group rm Developers", remote::group_rm, "group", "Its name");
    CLI::App* join = add_one(g, l, "join", "Put a member into one", "group join Developers bob@acme.test",
                             remote::group_join, "group", "Its name");
    join->add_option("email", l.team.member, "The member's address")->required();
    join->add_flag("--manager", l.team.manager, "Who may change who is in it");
    add_one(g, l, "leave", "Take a member out of one", "group leave Developers bob@acme.test", remote::group_leave,
            "group", "Its name")
        ->add_option("email", l.team.member, "The member's address")
        ->required();
}

void add_tokens(CLI::App& app, line& l) {
    CLI::App* g = add_group(app, "token", "On a server: access tokens", "token list");
    add_one(g, l, "list", "List yours", "token list", remote::token_list, "", "");
    CLI::App* made = add_one(g, l, "add", "Make one; it is shown once",
                             "token add deployer --scope EXECUTION_RUN --expires 30d -o deployer.token",
                             remote::token_add, "name", "What you call it");
    made->add_option("--scope", l.team.scopes, "What it is for: EXECUTION_RUN, INTEGRATION_INFO, …")
        ->required()
        ->type_name("SCOPE")
        ->allow_extra_args(false);
    made->add_option("--expires", l.team.expires, "For so long: 30d")->type_name("TIME");
    made->add_option("--member", l.team.member, "For this member, by an administrator")->type_name("EMAIL");
    made->add_option("-o,--output", l.team.output, "Write it to this new file (0600) instead of showing it")
        ->type_name("FILE");
    add_one(g, l, "rm", "Remove one of yours", "token rm 2f1c…", remote::token_rm, "id",
            "Its id, as `token list` has it");
}

}  // namespace

void add_team(CLI::App& app, line& l) {
    add_workspace(app, l);
    add_project(app, l);
    CLI::App* g = add_group(app, "pipeline", "On a server: the pipelines of a project", "pipeline list");
    add_one(g, l, "list", "List them", "pipeline list --project web", remote::pipeline_list, "", "");
    add_one(g, l, "show", "Show one and its definition", "pipeline show deploy", remote::pipeline_show, "pipeline",
            "Its name or number");
    add_one(g, l, "add", "Make one", "pipeline add deploy -f buddy.yml", remote::pipeline_add, "pipeline", "Its name")
        ->add_option("-f,--file", l.team.file, "Its definition; else it is in the project's repository")
        ->type_name("FILE");
    add_one(g, l, "rm", "Remove one", "pipeline rm deploy", remote::pipeline_rm, "pipeline", "Its name or number");
    add_compatible(app, g, l);
    add_people(app, l);
    add_tokens(app, l);
}

}  // namespace latchkey::cli
