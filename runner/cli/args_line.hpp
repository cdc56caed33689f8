// SPDX-License-Identifier: Apache-2.0
//
// What a command line can fill in, and the commands by group: each file args_*.cpp adds its own to the program.
// Private to args.cpp and them. One thread.
#pragma once

#include "runner/cli/commands.hpp"

#include <functional>
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
    backup_args backup;
    restore_args restore;
    std::string number;
    std::string word;
    std::function<int(context&)> command;
};

CLI::App* add(CLI::App& to, const std::string& name, const std::string& what, const std::string& examples);

void add_running(CLI::App&, line&);       // run, approve, retry, cancel, runs, logs, files
void add_reading(CLI::App&, line&);       // validate, plan, why
void add_integrations(CLI::App&, line&);  // integration
void add_permissions(CLI::App&, line&);   // grant, revoke, audit
void add_server(CLI::App&, line&);        // server, backup, restore

}  // namespace latchkey::cli
