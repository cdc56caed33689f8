// SPDX-License-Identifier: Apache-2.0
//
// The commands against a server: what each is given and the function that does it and returns the exit code. Those
// that the local store has too take the same arguments (runner/cli/commands.hpp). One thread; all block on the
// server.
#pragma once

#include "runner/cli/commands.hpp"
#include "runner/cli/remote/place.hpp"

namespace latchkey::cli::remote {

int run_command(place&, const run_args&);
int retry_command(place&, const retry_args&);
int cancel_command(place&, const std::string& run);
int approve_command(place&, const approve_args&);
int runs_command(place&, const runs_args&);
int logs_command(place&, const logs_args&);
int why_command(place&, const why_args&);
int grant_command(place&, const grant_args&);
int revoke_command(place&, const grant_args&);
int audit_tail_command(place&, const audit_args&);
int audit_export_command(place&, const audit_args&);
int audit_verify_command(place&, const audit_args&);
int integration_add_command(place&, const integration_args&);
int integration_list_command(place&, const integration_args&);
int integration_show_command(place&, const integration_args&);
int integration_edit_command(place&, const integration_args&);
int integration_rm_command(place&, const integration_args&);

struct login_args {
    std::string url;
    std::string token_file;  // a file, or - for standard input
    std::string ca_file;
    std::string workspace;
    std::string project;
    bool insecure_http = false;
};
int login_command(context&, const login_args&);
int logout_command(context&);
int whoami_command(context&);

// workspace, project, pipeline, member, group, token.
struct team_args {
    std::string name;  // or what names it
    std::string title;
    std::string repository;
    std::string file;
    std::string member;
    std::string role;
    std::string description;
    std::vector<std::string> scopes;
    std::string expires;
    std::string output;
    bool manager = false;
    bool administrator = false;
    bool no_administrator = false;
    bool yes = false;
    bool json = false;
};
using team_command = int (*)(place&, const team_args&);

int workspace_list(place&, const team_args&);
int workspace_show(place&, const team_args&);
int workspace_add(place&, const team_args&);
int workspace_rm(place&, const team_args&);
int project_list(place&, const team_args&);
int project_show(place&, const team_args&);
int project_add(place&, const team_args&);
int project_rm(place&, const team_args&);
int project_role_list(place&, const team_args&);
int project_role_set(place&, const team_args&);
int project_role_rm(place&, const team_args&);
int pipeline_list(place&, const team_args&);
int pipeline_show(place&, const team_args&);
int pipeline_add(place&, const team_args&);
int pipeline_rm(place&, const team_args&);
int member_list(place&, const team_args&);
int member_show(place&, const team_args&);
int member_add(place&, const team_args&);
int member_edit(place&, const team_args&);
int member_rm(place&, const team_args&);
int group_list(place&, const team_args&);
int group_show(place&, const team_args&);
int group_add(place&, const team_args&);
int group_rm(place&, const team_args&);
int group_join(place&, const team_args&);
int group_leave(place&, const team_args&);
int token_list(place&, const team_args&);
int token_add(place&, const team_args&);
int token_rm(place&, const team_args&);

struct policy_args {
    std::string file;    // apply: to read, - for standard input
    std::string output;  // export: to write; empty: standard output
    bool dry_run = false;
    bool check = false;
    bool prune = false;
    bool yes = false;
};
int export_command(place&, const policy_args&);
int apply_command(place&, const policy_args&);

// `pipeline run start`, as Buddy's own command line has it.
struct start_args {
    std::string pipeline;
    std::string workspace;
    std::string project;
    std::string comment;
    std::string branch;
    std::string tag;
    std::string pull_request;
    std::string revision;
    std::string priority;
    std::string schedule;
    std::vector<std::string> actions;
    std::vector<std::string> variables;         // KEY:VALUE
    std::vector<std::string> masked_variables;  // the same
    bool refresh = false;
    bool clear_cache = false;
    bool no_wait = false;
};
int start_command(context&, const start_args&);

}  // namespace latchkey::cli::remote
