// SPDX-License-Identifier: Apache-2.0
//
// The handlers that the route table names, one file a resource (api_*.cpp). Private to this room. They block, on the
// pool; what a call may not do has been settled before, as far as its route says; the rest is judged by the store in
// the transaction that does it.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

// -- api_user.cpp
result<answer> show_user(call&);
result<answer> edit_user(call&);
result<answer> show_token(call&);
result<answer> list_tokens(call&);
result<answer> get_token(call&);
result<answer> add_token(call&);
result<answer> remove_token(call&);
result<answer> add_token_for_member(call&);

// -- api_workspaces.cpp
result<answer> list_workspaces(call&);
result<answer> get_workspace(call&);
result<answer> add_workspace(call&);
result<answer> edit_workspace(call&);
result<answer> remove_workspace(call&);

// -- api_members.cpp
result<answer> list_members(call&);
result<answer> get_member(call&);
result<answer> add_member(call&);
result<answer> edit_member(call&);
result<answer> remove_member(call&);

// -- api_groups.cpp
result<answer> list_groups(call&);
result<answer> get_group(call&);
result<answer> add_group(call&);
result<answer> edit_group(call&);
result<answer> remove_group(call&);
result<answer> list_group_members(call&);
result<answer> get_group_member(call&);
result<answer> add_group_member(call&);
result<answer> edit_group_member(call&);
result<answer> remove_group_member(call&);

// -- api_permission_sets.cpp
result<answer> list_permission_sets(call&);
result<answer> get_permission_set(call&);
result<answer> add_permission_set(call&);
result<answer> edit_permission_set(call&);
result<answer> remove_permission_set(call&);

// -- api_projects.cpp
result<answer> list_projects(call&);
result<answer> get_project(call&);
result<answer> add_project(call&);
result<answer> edit_project(call&);
result<answer> remove_project(call&);

// -- api_project_roles.cpp
result<answer> list_project_members(call&);
result<answer> get_project_member(call&);
result<answer> add_project_member(call&);
result<answer> edit_project_member(call&);
result<answer> remove_project_member(call&);
result<answer> list_project_groups(call&);
result<answer> get_project_group(call&);
result<answer> add_project_group(call&);
result<answer> edit_project_group(call&);
result<answer> remove_project_group(call&);

// -- api_pipelines.cpp
result<answer> list_pipelines(call&);
result<answer> get_pipeline(call&);
result<answer> add_pipeline(call&);
result<answer> edit_pipeline(call&);
result<answer> remove_pipeline(call&);

// -- api_integrations.cpp
result<answer> list_integrations(call&);
result<answer> get_integration(call&);
result<answer> add_integration(call&);
result<answer> edit_integration(call&);
result<answer> remove_integration(call&);

// -- api_integration_parts.cpp, api_integration_types.cpp
result<answer> list_effective_levels(call&);
result<answer> list_usage(call&);
result<answer> list_integration_audit(call&);
result<answer> list_used_by(call&);
result<answer> test_connection(call&);
result<answer> preview_grants(call&);
result<answer> replace_grants(call&);
result<answer> list_integration_types(call&);

// -- api_executions.cpp
result<answer> list_executions(call&);
result<answer> get_execution(call&);
result<answer> add_execution(call&);
result<answer> operate_execution(call&);
result<answer> add_own_execution(call&);
result<answer> retry_execution(call&);
result<answer> answer_execution(call&);
result<answer> get_attempt(call&);

// -- api_action_executions.cpp
result<answer> get_action_execution(call&);
result<answer> get_action_logs(call&);
result<answer> get_action_of_execution(call&);

// -- api_access_requests.cpp
result<answer> list_waiting(call&);
result<answer> list_access_requests(call&);
result<answer> request_access(call&);
result<answer> close_access_request(call&);

// -- api_definitions.cpp
result<answer> validate_definition(call&);
result<answer> show_definition(call&);

// -- api_logs.cpp
result<answer> get_log_bytes(call&);
result<answer> get_log_lines(call&);
result<answer> search_log(call&);
result<answer> download_log(call&);

// -- api_grants.cpp
result<answer> grant_and_retry(call&);
result<answer> show_missing(call&);
result<answer> show_why(call&);

// -- api_permissions.cpp
result<answer> list_grants(call&);
result<answer> add_grant(call&);
result<answer> remove_grant(call&);

// -- api_run_lists.cpp
result<answer> list_workspace_executions(call&);
result<answer> list_project_executions(call&);
result<answer> list_pipeline_executions(call&);

// -- api_project_executions.cpp
result<answer> get_project_execution(call&);

// -- api_events.cpp
result<answer> stream_events(call&);
result<answer> stream_log(call&);
result<answer> stream_workspace(call&);
result<answer> stream_project(call&);

// -- api_hooks.cpp
result<answer> receive_hook(call&);
result<answer> list_hooks(call&);
result<answer> put_hook(call&);
result<answer> remove_hook(call&);

// -- api_starts.cpp
result<answer> make_start_address(call&);
result<answer> remove_start_address(call&);
result<answer> start_by_address(call&);

// -- api_audit.cpp
result<answer> list_audit(call&);
result<answer> verify_audit(call&);

// -- api_session.cpp, api_passwords.cpp, api_openid.cpp, api_issuer.cpp
result<answer> show_ways_in(call&);
result<answer> log_in(call&);
result<answer> show_session(call&);
result<answer> log_out(call&);
result<answer> log_out_everywhere(call&);
result<answer> confirm_session(call&);
result<answer> change_password(call&);
result<answer> add_password_link(call&);
result<answer> set_password_by_link(call&);
result<answer> begin_openid_login(call&);
result<answer> finish_openid_login(call&);
result<answer> show_issuer(call&);
result<answer> show_issuer_keys(call&);

// -- api_account.cpp
result<answer> list_emails(call&);
result<answer> add_email(call&);
result<answer> remove_email(call&);
result<answer> list_keys(call&);
result<answer> get_key(call&);
result<answer> add_key(call&);
result<answer> remove_key(call&);

// -- api_variables.cpp
result<answer> list_variables(call&);
result<answer> get_variable(call&);
result<answer> add_variable(call&);
result<answer> edit_variable(call&);
result<answer> remove_variable(call&);

// -- api_webhooks.cpp
result<answer> list_webhooks(call&);
result<answer> get_webhook(call&);
result<answer> add_webhook(call&);
result<answer> edit_webhook(call&);
result<answer> remove_webhook(call&);

// -- api_repository.cpp
result<answer> show_contents(call&);
result<answer> list_branches(call&);
result<answer> get_branch(call&);
result<answer> list_tags(call&);
result<answer> get_tag(call&);
result<answer> list_commits(call&);
result<answer> get_commit(call&);
result<answer> add_content(call&);
result<answer> edit_content(call&);
result<answer> remove_content(call&);

// -- api_environments.cpp
result<answer> list_environments(call&);
result<answer> get_environment(call&);
result<answer> add_environment(call&);
result<answer> edit_environment(call&);
result<answer> remove_environment(call&);

// -- api_sign_on.cpp
result<answer> get_sign_on(call&);
result<answer> edit_sign_on(call&);
result<answer> enable_sign_on(call&);
result<answer> disable_sign_on(call&);

// -- api_actions.cpp
result<answer> list_actions(call&);
result<answer> get_action(call&);
result<answer> add_action(call&);
result<answer> edit_action(call&);
result<answer> remove_action(call&);

// -- api_badge.cpp
result<answer> show_badge(call&);
result<answer> show_badge_address(call&);
result<answer> show_avatar(call&);
result<answer> show_identifiers(call&);
result<answer> list_member_projects(call&);
result<answer> get_pipeline_yaml(call&);
result<answer> edit_pipeline_yaml(call&);

// -- api_agents.cpp
result<answer> list_agents(call&);
result<answer> add_agent_registration(call&);
result<answer> drain_agent(call&);
result<answer> remove_agent(call&);

// -- api_agent_polls.cpp
result<answer> register_agent(call&);
result<answer> poll_orders(call&);
result<answer> renew_leases(call&);
result<answer> leave_work(call&);

// -- api_agent_work.cpp
result<answer> send_files(call&);
result<answer> take_ready(call&);
result<answer> give_secrets(call&);
result<answer> take_started(call&);
result<answer> take_output(call&);
result<answer> take_end(call&);

// -- api_operation.cpp
result<answer> show_health(call&);
result<answer> show_readiness(call&);
result<answer> show_openapi(call&);
result<answer> show_metrics(call&);
result<answer> show_setup_page(call&);
result<answer> make_first_owner(call&);

}  // namespace latchkey::server
