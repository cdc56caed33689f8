// SPDX-License-Identifier: Apache-2.0
//
// A pipeline file as the product understands it: the three syntaxes (OLD, MID, NEW) read into one form, every
// value with its place. What the file says, not yet what a run makes of it (plan.hpp).
// Value types, no thread rule.
#pragma once

#include "pipelines/yaml.hpp"

#include <memory>
#include <optional>

namespace latchkey::pipelines {

struct text {
    std::string value;
    span where;
    bool empty() const { return value.empty(); }
};

enum class variable_type : unsigned char { var, ssh_key, file };

struct variable {
    text key;
    std::optional<text> value;  // absent: has to be supplied
    variable_type type = variable_type::var;
    bool encrypted = false;  // declared so, or the value is of an encrypted form
    bool sealed =
        false;  // the value is Buddy's ciphertext (secure!… or !encrypted …): the user supplies the plain one
    bool settable = false;
    std::string description;
    std::string defaults;   // what is asked for: a suggestion, or a choice a line
    std::string file_path;  // FILE and SSH_KEY
    std::string file_chmod;
    bool in_container = false;  // file_place: CONTAINER
    span where;
};

// How a definition names an integration (pipeline-yaml §9).
enum class reference_form : unsigned char { identifier, hash, number };

struct integration_reference {
    reference_form form = reference_form::identifier;
    std::string value;
    span where;       // of the value
    std::string key;  // integration, integration_hash, integration_id, targets[].integration, …
};

enum class condition_kind : unsigned char {
    always,
    on_change,
    on_change_at_path,
    var_is,
    var_is_not,
    var_contains,
    var_not_contains,
    var_less_than,
    var_less_than_or_equal,
    var_greater_than,
    var_greater_than_or_equal,
    day,
    hour,
    datetime,
    triggering_user_is,
    triggering_user_is_not,
    triggering_user_is_in_group,
    triggering_user_is_not_in_group,
    success_pipeline,
    action_status_is,
    action_status_is_not,
    any_of,   // OR: its operands
    unknown,  // never met
};

struct condition {
    condition_kind kind = condition_kind::always;
    std::vector<std::string> paths;
    std::string variable;
    std::string value;       // of the variable, user, group, or the status of an action
    std::vector<int> hours;  // 0–24 as written
    std::vector<int> days;   // 1 = Monday … 7
    std::string zone = "UTC";
    std::string project;  // success_pipeline
    std::string pipeline;
    std::string action;  // action_status_*
    std::vector<condition> operands;
    span where;
};

enum class trigger_time : unsigned char {
    on_every_execution,
    on_success,
    on_failure,
    on_back_to_success,
    on_warning,
    on_wait_for_approve,
    on_terminate,
};

enum class run_next : unsigned char { wait_on_success, in_soft_parallel, in_hard_parallel };

struct action_type;

enum class shell : unsigned char { sh, bash, powershell };

// A token that says which run it is of, for who takes such instead of a stored credential (OpenID Connect).
struct id_token {
    text name;  // of the variable that holds it
    text audience;
};

struct action {
    text name;
    text type;                                // "BUILD"; upper case as written
    std::shared_ptr<const action_type> kind;  // what that is; none: an unknown one
    pipelines::trigger_time trigger_time = pipelines::trigger_time::on_every_execution;
    bool run_only_on_first_failure = false;
    std::vector<condition> conditions;  // all must be met
    pipelines::run_next run_next = pipelines::run_next::wait_on_success;
    bool ignore_errors = false;
    int retry_count = 0;
    int retry_interval = 0;  // seconds
    int timeout = 0;         // seconds; 0: none
    bool disabled = false;
    std::vector<variable> variables;
    std::vector<text> loop;
    pipelines::shell shell = pipelines::shell::sh;
    bool execute_every_command = false;
    std::vector<text> setup_commands;
    std::vector<text> commands;  // execute_commands, commands or inline_commands
    text working_directory;
    text image;  // docker_image_name
    text image_tag;
    std::vector<integration_reference> integrations;  // in file order
    std::vector<id_token> id_tokens;
    std::vector<yaml::entry> fields;  // everything else, as written, for the type's own code
    span where;
};

// nullptr: the action does not have that key.
const yaml::node* field_of(const action&, std::string_view key);

enum class event_type : unsigned char { push, create_ref, delete_ref, pull_request, schedule, webhook, email };

struct event {
    event_type type = event_type::push;
    std::vector<text> refs;
    std::vector<text> branches;
    std::vector<text> events;
    std::string cron;
    std::string timezone = "UTC";
    std::string start_date;
    int delay = 0;      // minutes
    bool totp = false;  // WEBHOOK: a one-time password is asked for
    span where;
};

struct pipeline {
    text id;    // the key `pipeline`: its name in the file
    text name;  // display name; empty: the id
    std::vector<event> events;
    std::vector<text> refs;
    bool manual = true;  // nothing but a person (or another pipeline) starts it
    std::vector<condition> conditions;
    std::vector<variable> variables;
    std::vector<text> loop;
    std::vector<action> actions;
    text target_site_url;
    bool disabled = false;
    std::string disabled_reason;
    bool fail_on_prepare_env_warning = false;
    std::vector<integration_reference> integrations;  // of pipeline-level targets, used by actions that name them
    std::vector<yaml::entry> fields;                  // every other key, as written
    span where;
};

struct document {
    std::vector<pipeline> pipelines;
    const pipeline* find(std::string_view id) const;  // exact bytes, no folding
};

}  // namespace latchkey::pipelines
