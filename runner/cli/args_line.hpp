// SPDX-License-Identifier: Apache-2.0
//
// What a command line can fill in, and the commands by group: each file args_*.cpp adds its own to the program.
// Private to args.cpp and them. One thread.
#pragma once

#include "runner/cli/remote/commands.hpp"

#include <functional>
#include <map>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace latchkey::cli {

// Everything that a line can fill in. One object for all commands: a line is one command.
struct line {
    run_args run;
    approve_args approve;
    retry_args retry;
    runs_args runs;
    logs_args logs;
    files_args files;
    validate_args validate;
    plan_args plan;
    why_args why;
    integration_args integration;
    grant_args grant;
    audit_args audit;
    server_args server;
    agent_args agent;
    place_args where;
    remote::login_args login;
    remote::team_args team;
    remote::policy_args policy;
    remote::start_args start;
    backup_args backup;
    restore_args restore;
    migrate_args migrate;
    key_args key;
    std::string number;
    std::string word;
    std::function<int(context&)> command;
};

CLI::App* add(CLI::App& to, const std::string& name, const std::string& what, const std::string& examples);

// --data, --store and --config: which server's data a command is about.
void add_whose_data(CLI::App*, std::map<std::string, std::string>& to);

// --local, --workspace and --project, for commands that act here or on a server.
void add_place(CLI::App*, line&);
// --workspace and --project alone, for those that a server only has.
void add_server_place(CLI::App*, line&);

// What does a command: `here` on the local store, `there` on the server that the user is logged in to.
template <class Args>
void act(line& l, int (*here)(context&, const Args&), int (*there)(remote::place&, const Args&), const Args& args) {
    l.command = [&l, here, there, &args](context& c) {
        auto place = remote::place::find(c, l.where);
        if (!place) return c.fail(place.error());
        return *place ? there(**place, args) : here(c, args);
    };
}

// The same where the local store has no such thing.
template <class Args>
void act_there(line& l, int (*there)(remote::place&, const Args&), const Args& args) {
    l.command = [&l, there, &args](context& c) {
        auto place = remote::place::find(c, l.where);
        if (!place) return c.fail(place.error());
        if (!*place) return c.usage("this command is for a server: `latchkey login URL` first");
        return there(**place, args);
    };
}

void add_run(CLI::App&, line&);           // run
void add_running(CLI::App&, line&);       // approve, retry, cancel, runs, logs, files
void add_reading(CLI::App&, line&);       // validate, plan, why
void add_integrations(CLI::App&, line&);  // integration
void add_permissions(CLI::App&, line&);   // grant, revoke, audit
void add_server(CLI::App&, line&);        // server, backup, restore, migrate
void add_agent(CLI::App&, line&);         // agent
void add_login(CLI::App&, line&);         // login, logout, whoami
void add_team(CLI::App&, line&);          // workspace, project, member, group, token, pipeline
void add_policy(CLI::App&, line&);        // export, apply
// version, and `pipeline run start` below the given command: as others call us.
void add_compatible(CLI::App&, CLI::App* pipeline, line&);

}  // namespace latchkey::cli
