// SPDX-License-Identifier: Apache-2.0
//
// The commands: what each is given (filled by args.cpp from the command line) and the function that does it and
// returns the exit code. One thread.
#pragma once

#include "runner/cli/context.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::cli {

struct run_args {
    std::string pipeline;
    std::string file;
    std::vector<std::string> variables;  // KEY=VALUE
    std::string secret_file;
    std::string ref;  // full name; empty: the branch that is checked out
    std::string backend;
    std::string memory;
    std::string cpus;
    std::string pids;
    bool no_network = false;
    std::vector<std::string> images;  // PATTERN=IMAGE
    bool checkout = false;
    std::string junit;  // a file to write
    std::string comment;
    std::string priority;  // on a server
    bool no_wait = false;  // likewise
    int jobs = 0;          // 0: as many as there are processors
    bool dry_run = false;
    bool json = false;
    bool output = false;
    bool wait = false;
};
int run_command(context&, const run_args&);

struct retry_args {
    std::string run;
    bool grant = false;
    std::string ref;
    std::string expires;
    bool once = false;
    std::string from;
    std::string only;
    bool all = false;
    std::string secret_file;
    std::string junit;  // a file to write
    int jobs = 0;
    bool json = false;
    bool output = false;
};
int retry_command(context&, const retry_args&);

int cancel_command(context&, const std::string& run);

struct approve_args {
    std::string run;
    std::string action;
    std::vector<std::string> variables;  // KEY=VALUE
    bool decline = false;
};
int approve_command(context&, const approve_args&);

struct runs_args {
    std::string pipeline;
    int limit = 20;
    bool all_projects = false;
    bool json = false;
};
int runs_command(context&, const runs_args&);

struct logs_args {
    std::string run;
    std::string action;
    int attempt = 0;  // 0: the last
    bool follow = false;
};
int logs_command(context&, const logs_args&);

struct files_args {
    std::string run;
    std::string path;
    std::string output;  // a file to write to
    bool tar = false;
};
int files_command(context&, const files_args&);

struct validate_args {
    std::vector<std::string> paths;
    bool json = false;
};
int validate_command(context&, const validate_args&);

struct plan_args {
    std::string pipeline;
    std::string file;
    std::vector<std::string> variables;
    std::string secret_file;
    std::string ref;
    std::vector<std::string> images;  // PATTERN=IMAGE
    bool json = false;
};
int plan_command(context&, const plan_args&);

struct why_args {
    std::string pipeline;
    std::string integration;
    std::string file;
    std::string ref;
    std::string user;
    bool json = false;
};
int why_command(context&, const why_args&);

struct integration_args {
    std::string name;  // or what names it
    std::string new_name;
    std::string type;
    std::string identifier;
    std::string scope = "workspace";
    std::vector<std::string> fields;
    bool all_pipelines = false;
    bool listed_pipelines = false;
    std::string admins;
    std::string others;
    std::string demand;  // use or manage
    bool yes = false;
    bool json = false;
};
int integration_add_command(context&, const integration_args&);
int integration_list_command(context&, const integration_args&);
int integration_show_command(context&, const integration_args&);
int integration_edit_command(context&, const integration_args&);
int integration_rm_command(context&, const integration_args&);
int integration_types_command(context&, const integration_args&);

struct grant_args {
    std::string integration;
    std::string pipeline;
    std::string file;
    std::string ref;
    std::string expires;
    std::string run;  // --once --run N
    bool once = false;
};
int grant_command(context&, const grant_args&);
int revoke_command(context&, const grant_args&);

struct audit_args {
    int count = 20;
    bool json = false;
    std::string expect;  // COUNT:HASH
};
int audit_verify_command(context&, const audit_args&);
int audit_export_command(context&, const audit_args&);
int audit_tail_command(context&, const audit_args&);

struct server_args {
    std::map<std::string, std::string> given;  // what server_settings.hpp knows, by name
    bool print_config = false;
};
int server_command(context&, const server_args&);

struct agent_args {
    std::string server;
    std::string token_file;
    std::string data;
    std::string name;
    std::string pool;
    std::vector<std::string> tags;
    int capacity = 1;
    bool once = false;
    std::string backend;
    std::string ca_file;
    bool insecure_http = false;
};
int agent_command(context&, const agent_args&);

// `given` as for the server: which data they are about.
struct backup_args {
    std::map<std::string, std::string> given;
    std::string place;     // a folder, or an archive
    std::string key_file;  // gets the master key
};
int backup_command(context&, const backup_args&);
struct restore_args {
    std::map<std::string, std::string> given;
    std::string place;
    std::string key_file;  // has the master key
};
int restore_command(context&, const restore_args&);
struct migrate_args {
    std::string from;  // sqlite:FILE
    std::string to;    // postgresql://…
};
int migrate_command(context&, const migrate_args&);

struct key_args {
    std::map<std::string, std::string> given;  // which server's; none: this machine's own store's
};
int key_rotate_command(context&, const key_args&);
int doctor_command(context&);
int completion_command(context&, const std::string& shell);
// What the shells' completion asks: one candidate a line.
int complete_command(context&, const std::string& what);

// Shared by several commands.

// "30s", "30m", "2h", "7d"; up to ten years.
std::optional<std::chrono::seconds> length_of_time(std::string_view text);
// The same from now on. usage: it is none of these.
result<policy::time_point> time_from_now(context&, const std::string& text);
// "42" or "#42": a run of this project.
result<store::run_record> run_named(context&, const std::string& number);
// By identifier, hash id or number; not_found with the nearest identifier.
result<store::integration_record> integration_named(context&, const std::string& reference);
// A ref by its full name. usage: it is no full name.
result<policy::ref> ref_named(const std::string& name);
// The same of one that is what is checked out: a permission for a ref is not had by naming the ref.
result<policy::ref> ref_checked_out(context&, const std::string& name, const std::string& commit);
// usage: a pattern that matches no ref. Empty is none.
result<void> check_ref_pattern(const std::string& pattern);
// KEY=VALUE pairs.
result<store::facts> parameters_of(const std::vector<std::string>& pairs);
// PATTERN=IMAGE pairs, checked.
result<store::facts> stand_ins_of(const std::vector<std::string>& pairs);

}  // namespace latchkey::cli
