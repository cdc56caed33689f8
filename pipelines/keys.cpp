// SPDX-License-Identifier: Apache-2.0
#include "pipelines/keys.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace latchkey::pipelines {

namespace {

// Each table is sorted, its keys separated by spaces.
constexpr std::string_view pipeline_keys =
    "actions always_from_scratch auto_clear_cache cache_scope change_set_base clone_depth "
    "concurrent_pipeline_runs cpu cron definition_source delay description description_required disabled "
    "disabled_reason do_not_create_commit_status environments events execution_message_template "
    "fail_on_prepare_env_warning fetch_all_refs filesystem_changeset_base folder git_changeset_base git_config "
    "git_config_ref ignore_fail_on_project_status loop manage_permissions_by_yaml manage_variables_by_yaml name "
    "no_skip_to_most_recent on pause_on_repeated_failures paused permissions pipeline priority ref_name ref_type "
    "refs remote_branch remote_parameters remote_path remote_project_name remote_ref resources start_date "
    "strict_context tags target_site_url targets terminate_stale_runs timezone trigger_action_name "
    "trigger_condition trigger_condition_paths trigger_conditions trigger_days trigger_group trigger_hours "
    "trigger_mode trigger_pipeline_name trigger_project_name trigger_status trigger_user trigger_variable_key "
    "trigger_variable_value variables worker worker_assignment zone_id";
constexpr std::string_view event_keys =
    "branches cron delay events prefix refs start_date timezone totp type whitelist";
constexpr std::string_view variable_keys =
    "defaults description encrypted file_chmod file_path file_place id init_path key name passphrase password "
    "public_value settable ssh_key type value";
constexpr std::string_view condition_keys =
    "pipeline project timezone trigger_action_name trigger_condition trigger_condition_paths trigger_days "
    "trigger_group trigger_hours trigger_operands trigger_pipeline_name trigger_project_name trigger_status "
    "trigger_user trigger_variable_key trigger_variable_value zone_id";
constexpr std::string_view target_keys =
    "agent_note auth database disabled environment host instance integration integration_hash integration_id "
    "login name note password path permissions pipeline port project proxy region repository scope secure server "
    "ssl_mode tags target type use_as";
// What all actions have, and every key that a type is known to have.
constexpr std::string_view action_keys =
    "access accessibility acl action active_mode aggregation_key alert_type all_arg ami api_url apk_files "
    "application application_display_name application_id application_name application_port archive archive_location "
    "artifact assets attachments auth_mode auth_type authentication_mode auto_assign_release ba_password ba_username "
    "base_url basic_auth best_practices blocks body browser browser_type bucket_name build_args build_context "
    "build_tool_version builder_name buildkit cache_base_image cache_control cache_mode cache_scope cache_types "
    "cached_dirs cascade_arg certificates changes_path channel channel_name check check_external_links "
    "check_ssl_certificate clear_cache client_ca client_cert client_context client_key cluster cluster_location "
    "code_pipeline_name command_args commands comment compress config config_name config_path connection_timeout "
    "container content content_encoding context context_path cookies copy_hidden_files cpu_limit cron "
    "custom_options custom_type data_file database days defaults delay delete_extra_files deletion_disabled "
    "dependencies deploy_tags deploy_url deployment deployment_excludes deployment_includes depth description "
    "destination destination_path device dir dirs disable_notifications disabled disk_size_limit distribution "
    "distribution_id distribution_method distribution_name do_not_prune_images docker_build_action_id "
    "docker_build_action_name docker_image_name docker_image_tag docker_layer_caching docker_layer_caching_scope "
    "docker_layer_caching_tag docker_registry dockerfile_path download_excludes download_includes draft email "
    "encrypted endpoint_id entrypoint env_key environment execute_commands execute_every_command expires_date "
    "export_container_path export_location external_project_id fail_on_yellow file_attachments file_path "
    "files_order filesystem_access fix folder_id force_arg from_name function_name git_auth_mode git_submodules "
    "gke_auth_type grace_period_arg group_name groups_count headers helm_integration helm_repository_integration "
    "helm_repository_key helm_repository_region helm_version host host_name hosts html_form_auth_password "
    "html_form_auth_password_input_name html_form_auth_url html_form_auth_username "
    "html_form_auth_username_input_name id_tokens ignore_application_stop_failures ignore_codes ignore_errors "
    "ignore_image_pull_failures ignore_missing ignore_urls ignores_path image image_location image_name image_tag "
    "image_url images_history_limit immediate init_path inline_commands input_type inputs insecure "
    "insecure_registry integration integration_hash integration_id internal_links invocation_type isolated key "
    "key_alias key_password key_path keys keystore_password kubectl_version leave_after level link link_title "
    "local_path log_type login loop main_service_name mapping_path mappings mappings_password mappings_username "
    "message method method_url mount_filesystem_disable mount_filesystem_path mount_paths name namespace "
    "next_pipeline_id next_pipeline_name next_project_name no_follow_urls node_version not_wait notification_url "
    "npm_registry organization organization_slug output output_dir outputs overwrite overwrite_arg package "
    "passphrase password paths payload performance permissions pipeline pixel_tolerance_level platform port "
    "post_data preStartSimulators pre_start_simulators prerelease prevent_self_approval priority private_key "
    "project projects promote_all_traffic property_list property_list_source provenance provision_profiles "
    "prune_arg prune_whitelist_arg public_access purge_all push_tags push_url qualifier query quiet ram_limit "
    "reason recipients record_arg recursive reduced_redundancy referenced_action_id referenced_sanbox_name "
    "refresh region registry release_name release_stage release_url remote_path replacements repository "
    "requests_per_host reset_entrypoint resolution_height resolution_width resources respect_robot_exclusions "
    "retry_count retry_interval revision role_arn rollbar_username run_as_script run_as_user run_in_background "
    "run_next run_next_parallel run_only_on_first_failure runtime sandbox_distribution sandbox_id sandbox_name "
    "sandbox_playbooks sandbox_project_name sandbox_references save_config_arg scan_url screenshots script "
    "script_path secret_id secret_src secrets secure send_as_html send_to_groups seo server server_key "
    "server_key_id service services setup_commands shell shell_type site_id skip_app_version_update "
    "skip_content_type_setting skip_metadata skip_screenshots sleep_in_sec source_path source_pipeline_id "
    "source_pipeline_name source_project_name specific_revision sql_file ssl_mode start_date start_url status "
    "stop_previous_version style subdomain submit_for_review suite_id supersede_versions sync_paths tag tag_name "
    "tags target_branch target_commitish target_path target_pipeline target_pipeline_name target_platform "
    "target_project target_project_name target_site_url target_stage targets text text_existence theme_name "
    "threads timeout timezone title tls token token_name track trigger_action_name trigger_condition "
    "trigger_condition_paths trigger_conditions trigger_days trigger_group trigger_hours trigger_pipeline_name "
    "trigger_project_name trigger_status trigger_time trigger_user trigger_variable_key trigger_variable_value "
    "type types unit_tests_path unit_tests_suite update_outdated_instances_only url url_map use_custom_gitignore "
    "use_image_from_action use_temporary_files user user_agent user_fraction valid_for_days "
    "validate_before_upload variables variables_access verbose verbosity version version_label versions viewport "
    "vm_action_name vm_from_prev_action volume_mappings wait wait_for_complete wait_for_finish_deployment "
    "warning_regex web_dav_url website without_force working_directory xcode_version zone_id";

std::vector<std::string_view> words_of(std::string_view table) {
    std::vector<std::string_view> words;
    while (!table.empty()) {
        const std::size_t end = std::min(table.find(' '), table.size());
        words.push_back(table.substr(0, end));
        table.remove_prefix(std::min(end + 1, table.size()));
    }
    return words;
}

struct slip {
    key_scope scope;
    std::string_view written;
    std::string_view meant;
};

// Forms that people write and that can mean one thing only.
constexpr std::array slips = {
    slip{key_scope::pipeline, "fetch_all_ref", "fetch_all_refs"},
    slip{key_scope::pipeline, "disable", "disabled"},
    slip{key_scope::pipeline, "variable", "variables"},
    slip{key_scope::pipeline, "trigger", "trigger_mode"},
    slip{key_scope::pipeline, "ref", "refs"},
    slip{key_scope::pipeline, "event", "events"},
    slip{key_scope::action, "retry_delay", "retry_interval"},
    slip{key_scope::action, "retries", "retry_count"},
    slip{key_scope::action, "disable", "disabled"},
    slip{key_scope::action, "ignore_error", "ignore_errors"},
    slip{key_scope::action, "variable", "variables"},
    slip{key_scope::action, "execute_command", "execute_commands"},
    slip{key_scope::action, "setup_command", "setup_commands"},
    slip{key_scope::action, "target", "targets"},
    slip{key_scope::action, "image_tag", "docker_image_tag"},
    slip{key_scope::target, "id", "target"},
    slip{key_scope::variable, "encrypt", "encrypted"},
    slip{key_scope::event, "ref", "refs"},
    slip{key_scope::event, "branch", "branches"},
    slip{key_scope::condition, "trigger_condition_path", "trigger_condition_paths"},
};

}  // namespace

std::span<const std::string_view> known_keys(key_scope scope) {
    static const std::array<std::vector<std::string_view>, 6> tables = {
        words_of(pipeline_keys),  words_of(event_keys),  words_of(variable_keys),
        words_of(condition_keys), words_of(target_keys), words_of(action_keys)};
    return tables.at(static_cast<std::size_t>(scope));
}

bool is_known_key(key_scope scope, std::string_view key) {
    return std::ranges::binary_search(known_keys(scope), key);
}

std::string_view meant_key(key_scope scope, std::string_view written) {
    if (is_known_key(scope, written)) return {};
    const auto found =
        std::ranges::find_if(slips, [&](const slip& s) { return s.scope == scope && s.written == written; });
    return found == slips.end() ? std::string_view() : found->meant;
}

}  // namespace latchkey::pipelines
