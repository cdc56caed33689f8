// SPDX-License-Identifier: Apache-2.0
#include "runner/server/handlers.hpp"
#include "runner/server/route.hpp"

#include <array>
#include <vector>

namespace latchkey::server {

namespace {

using s = scope;
using r = right;

constexpr manner confirmed{.confirmed = true};
constexpr manner on_passwords{.on = lane::passwords};
constexpr manner on_outgoing{.on = lane::outgoing};
constexpr manner on_repositories{.on = lane::repositories};
constexpr manner remembered{.remembered = true};

// Addresses of one resource stand together; the order says nothing.
constexpr auto table = std::to_array<route>({
    {"GET", "/user", s::user_info, r::user, show_user, "Who I am"},
    {"PATCH", "/user", s::user_info, r::user, edit_user, "Change my name"},
    {"GET", "/user/emails", s::user_email, r::user, list_emails, "My addresses"},
    {"GET", "/user/token", s::none, r::user, show_token, "The token of this call"},
    {"GET", "/user/tokens", s::token_info, r::user, list_tokens, "My access tokens"},
    {"POST", "/user/tokens", s::token_manage, r::user, add_token, "Make an access token", confirmed},
    {"GET", "/user/tokens/:token", s::token_info, r::user, get_token, "One of my access tokens"},
    {"DELETE", "/user/tokens/:token", s::token_manage, r::user, remove_token, "Remove an access token"},

    {"GET", "/workspaces", s::workspace, r::user, list_workspaces, "My workspaces"},
    {"POST", "/workspaces", s::workspaces_manage, r::user, add_workspace, "Make a workspace"},
    {"GET", "/workspaces/:workspace", s::workspace, r::member, get_workspace, "A workspace"},
    {"PATCH", "/workspaces/:workspace", s::workspaces_manage, r::administrator, edit_workspace, "Change a workspace"},
    {"DELETE", "/workspaces/:workspace", s::workspaces_manage, r::administrator, remove_workspace,
     "Remove a workspace"},

    {"GET", "/workspaces/:workspace/members", s::workspace, r::member, list_members, "Members"},
    {"POST", "/workspaces/:workspace/members", s::workspace, r::administrator, add_member, "Add a member"},
    {"GET", "/workspaces/:workspace/members/:member", s::workspace, r::member, get_member, "A member"},
    {"PATCH", "/workspaces/:workspace/members/:member", s::workspace, r::administrator, edit_member,
     "Change a member"},
    {"DELETE", "/workspaces/:workspace/members/:member", s::workspace, r::administrator, remove_member,
     "Remove a member"},

    {"GET", "/workspaces/:workspace/groups", s::workspace, r::member, list_groups, "Groups"},
    {"POST", "/workspaces/:workspace/groups", s::workspace, r::administrator, add_group, "Add a group"},
    {"GET", "/workspaces/:workspace/groups/:group", s::workspace, r::member, get_group, "A group"},
    {"PATCH", "/workspaces/:workspace/groups/:group", s::workspace, r::administrator, edit_group, "Change a group"},
    {"DELETE", "/workspaces/:workspace/groups/:group", s::workspace, r::administrator, remove_group,
     "Remove a group"},
    {"GET", "/workspaces/:workspace/groups/:group/members", s::workspace, r::member, list_group_members,
     "Who is in a group"},
    // A group's own managers may do these too: the store judges.
    {"POST", "/workspaces/:workspace/groups/:group/members", s::workspace, r::member, add_group_member,
     "Put a member into a group"},
    {"GET", "/workspaces/:workspace/groups/:group/members/:member", s::workspace, r::member, get_group_member,
     "A member of a group"},
    {"PATCH", "/workspaces/:workspace/groups/:group/members/:member", s::workspace, r::member, edit_group_member,
     "Change a member of a group"},
    {"DELETE", "/workspaces/:workspace/groups/:group/members/:member", s::workspace, r::member, remove_group_member,
     "Take a member out of a group"},

    {"GET", "/workspaces/:workspace/permissions", s::workspace, r::member, list_permission_sets, "Permission sets"},
    {"POST", "/workspaces/:workspace/permissions", s::workspace, r::administrator, add_permission_set,
     "Add a permission set"},
    {"GET", "/workspaces/:workspace/permissions/:set", s::workspace, r::member, get_permission_set,
     "A permission set"},
    {"PATCH", "/workspaces/:workspace/permissions/:set", s::workspace, r::administrator, edit_permission_set,
     "Change a permission set"},
    {"DELETE", "/workspaces/:workspace/permissions/:set", s::workspace, r::administrator, remove_permission_set,
     "Remove a permission set"},

    {"GET", "/workspaces/:workspace/projects", s::workspace, r::member, list_projects, "Projects"},
    {"POST", "/workspaces/:workspace/projects", s::workspace, r::administrator, add_project, "Add a project"},
    {"GET", "/workspaces/:workspace/projects/:project", s::workspace, r::project_member, get_project, "A project"},
    {"PATCH", "/workspaces/:workspace/projects/:project", s::workspace, r::project_manager, edit_project,
     "Change a project"},
    {"DELETE", "/workspaces/:workspace/projects/:project", s::project_delete, r::project_manager, remove_project,
     "Remove a project"},
    {"GET", "/workspaces/:workspace/projects/:project/members", s::workspace, r::project_member, list_project_members,
     "Members of a project"},
    {"POST", "/workspaces/:workspace/projects/:project/members", s::workspace, r::project_manager, add_project_member,
     "Give a member a role in a project"},
    {"GET", "/workspaces/:workspace/projects/:project/members/:member", s::workspace, r::project_member,
     get_project_member, "A member of a project"},
    {"PATCH", "/workspaces/:workspace/projects/:project/members/:member", s::workspace, r::project_manager,
     edit_project_member, "Change a member's role in a project"},
    {"DELETE", "/workspaces/:workspace/projects/:project/members/:member", s::workspace, r::project_manager,
     remove_project_member, "Take a member's role in a project away"},
    {"GET", "/workspaces/:workspace/projects/:project/groups", s::workspace, r::project_member, list_project_groups,
     "Groups of a project"},
    {"POST", "/workspaces/:workspace/projects/:project/groups", s::workspace, r::project_manager, add_project_group,
     "Give a group a role in a project"},
    {"GET", "/workspaces/:workspace/projects/:project/groups/:group", s::workspace, r::project_member,
     get_project_group, "A group of a project"},
    {"PATCH", "/workspaces/:workspace/projects/:project/groups/:group", s::workspace, r::project_manager,
     edit_project_group, "Change a group's role in a project"},
    {"DELETE", "/workspaces/:workspace/projects/:project/groups/:group", s::workspace, r::project_manager,
     remove_project_group, "Take a group's role in a project away"},

    // Whatever role somebody has in a project, it lets them read its repository.
    {"GET", "/workspaces/:workspace/projects/:project/repository/contents", s::repository_read, r::project_member,
     show_contents, "What the root of a project's repository holds", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/contents/:path*", s::repository_read,
     r::project_member, show_contents, "A file or folder of a project's repository", on_repositories},

    {"GET", "/workspaces/:workspace/projects/:project/pipelines", s::execution_info, r::project_member,
     list_pipelines, "Pipelines"},
    {"POST", "/workspaces/:workspace/projects/:project/pipelines", s::execution_manage, r::project_member,
     add_pipeline, "Add a pipeline"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline", s::execution_info, r::pipeline_reader,
     get_pipeline, "A pipeline"},
    {"PATCH", "/workspaces/:workspace/projects/:project/pipelines/:pipeline", s::execution_manage,
     r::pipeline_manager, edit_pipeline, "Change a pipeline"},
    {"DELETE", "/workspaces/:workspace/projects/:project/pipelines/:pipeline", s::execution_manage,
     r::pipeline_manager, remove_pipeline, "Remove a pipeline"},

    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions", s::execution_info,
     r::pipeline_reader, list_executions, "Executions, the newest first"},
    {"POST", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions", s::execution_run,
     r::pipeline_runner, add_execution, "Run a pipeline"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution", s::execution_info,
     r::pipeline_reader, get_execution, "An execution"},
    {"PATCH", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution", s::execution_run,
     r::pipeline_runner, operate_execution, "Retry, cancel or answer an execution"},
    {"GET",
     "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/action_executions/:action",
     s::execution_info, r::pipeline_reader, get_action_execution, "One action of an execution"},
    {"GET",
     "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/action_executions/:action/"
     "logs",
     s::execution_info, r::pipeline_reader, get_action_logs, "The lines that an action printed"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/action/:action",
     s::execution_info, r::pipeline_reader, get_action_of_execution, "One action, by its number in the pipeline"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/actions/:action",
     s::execution_info, r::pipeline_reader, get_action_of_execution, "One action, by its number in the pipeline"},

    // What Buddy's own can't be told.
    {"POST", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions", s::execution_run,
     r::pipeline_runner, add_own_execution, "Run a pipeline, and say whether it waits for a missing permission"},
    {"POST", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/retry",
     s::execution_run, r::pipeline_runner, retry_execution, "Retry from an action on, one action only, or all"},
    {"POST", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/answer",
     s::execution_run, r::pipeline_runner, answer_execution, "Approve or decline an action that waits for people"},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/attempts/"
     ":attempt",
     s::execution_info, r::pipeline_reader, get_attempt, "What an attempt's actions did"},

    // Whoever may run the pipeline asks; whether they may grant is the integration's own matter.
    {"POST", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/grant",
     s::execution_run, r::pipeline_runner, grant_and_retry, "Grant what an execution lacks, and retry it", confirmed},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/missing",
     s::execution_info, r::pipeline_reader, show_missing, "What an execution lacks, and who can grant it"},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/events",
     s::execution_info,
     r::pipeline_reader,
     stream_events,
     "What happens in an execution, as it happens",
     {},
     gives::events},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/"
     "action_executions/:action/log",
     s::execution_info,
     r::pipeline_reader,
     stream_log,
     "What an action prints, as it prints it",
     {},
     gives::events},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/why/:integration",
     s::execution_info, r::pipeline_reader, show_why, "Whether a pipeline may use an integration, and why"},

    // As people speak of runs: by their number in the project.
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/executions", s::execution_info, r::project_member,
     list_project_executions, "Executions of all pipelines of a project, the newest first"},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/executions/:execution", s::execution_info,
     r::project_member, get_project_execution, "An execution, whichever pipeline it is of"},

    // Who may grant and revoke is the integration's own matter, and the pipeline's.
    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/grants", s::integration_info, r::member,
     list_grants, "Which pipelines may use an integration, by whom, for what and until when"},
    {"POST", "/latchkey/v1/workspaces/:workspace/integrations/:integration/grants", s::integration_manage, r::member,
     add_grant, "Allow a pipeline to use an integration", confirmed},
    {"DELETE", "/latchkey/v1/workspaces/:workspace/integrations/:integration/grants/:grantee", s::integration_manage,
     r::member, remove_grant, "Take every permission of a pipeline to use an integration away"},

    // Which integration a member may see, edit or delete is the integration's own matter.
    {"GET", "/workspaces/:workspace/integrations", s::integration_info, r::member, list_integrations, "Integrations",
     remembered},
    {"POST", "/workspaces/:workspace/integrations", s::integration_add, r::member, add_integration,
     "Add an integration"},
    {"GET", "/workspaces/:workspace/integrations/:integration", s::integration_info, r::member, get_integration,
     "An integration", remembered},
    {"PATCH", "/workspaces/:workspace/integrations/:integration", s::integration_manage, r::member, edit_integration,
     "Change an integration", confirmed},
    {"DELETE", "/workspaces/:workspace/integrations/:integration", s::integration_manage, r::member,
     remove_integration, "Remove an integration"},

    {"GET", "/latchkey/v1/workspaces/:workspace/audit", s::workspace, r::administrator, list_audit,
     "What was decided and done in a workspace, the newest first"},
    {"GET", "/latchkey/v1/workspaces/:workspace/audit/verify", s::workspace, r::administrator, verify_audit,
     "Whether the chain of the audit log is whole"},
    {"POST", "/user/emails", s::user_email, r::user, add_email, "Note a further address"},
    {"DELETE", "/user/emails/:email", s::user_email, r::user, remove_email, "Remove one of my addresses"},
    {"GET", "/user/keys", s::user_key, r::user, list_keys, "My public SSH keys"},
    {"POST", "/user/keys", s::user_key, r::user, add_key, "Add a public SSH key"},
    {"GET", "/user/keys/:key", s::user_key, r::user, get_key, "One of my public SSH keys"},
    {"DELETE", "/user/keys/:key", s::user_key, r::user, remove_key, "Remove a public SSH key"},

    // Whose a variable or an environment is says who may read and write it: the handler and the store judge.
    {"GET", "/workspaces/:workspace/variables", s::variable_info, r::member, list_variables, "Variables"},
    {"POST", "/workspaces/:workspace/variables", s::variable_add, r::member, add_variable, "Add a variable"},
    {"GET", "/workspaces/:workspace/variables/:variable", s::variable_info, r::member, get_variable, "A variable"},
    {"PATCH", "/workspaces/:workspace/variables/:variable", s::variable_manage, r::member, edit_variable,
     "Change a variable"},
    {"DELETE", "/workspaces/:workspace/variables/:variable", s::variable_manage, r::member, remove_variable,
     "Remove a variable"},
    {"GET", "/workspaces/:workspace/environments", s::environment_info, r::member, list_environments, "Environments"},
    {"POST", "/workspaces/:workspace/environments", s::environment_add, r::member, add_environment,
     "Add an environment"},
    {"GET", "/workspaces/:workspace/environments/:environment", s::environment_info, r::member, get_environment,
     "An environment"},
    {"PATCH", "/workspaces/:workspace/environments/:environment", s::environment_manage, r::member, edit_environment,
     "Change an environment"},
    {"DELETE", "/workspaces/:workspace/environments/:environment", s::environment_manage, r::member,
     remove_environment, "Remove an environment"},

    {"GET", "/workspaces/:workspace/webhooks", s::webhook_info, r::administrator, list_webhooks, "Webhooks"},
    {"POST", "/workspaces/:workspace/webhooks", s::webhook_add, r::administrator, add_webhook, "Add a webhook"},
    {"GET", "/workspaces/:workspace/webhooks/:webhook", s::webhook_info, r::administrator, get_webhook,
     "A webhook, with what was sent to it last"},
    {"PATCH", "/workspaces/:workspace/webhooks/:webhook", s::webhook_manage, r::administrator, edit_webhook,
     "Change a webhook"},
    {"DELETE", "/workspaces/:workspace/webhooks/:webhook", s::webhook_manage, r::administrator, remove_webhook,
     "Remove a webhook"},

    {"GET", "/workspaces/:workspace/sso", s::workspace, r::administrator, get_sign_on,
     "How members sign in at a provider"},
    {"PATCH", "/workspaces/:workspace/sso", s::workspaces_manage, r::administrator, edit_sign_on,
     "Change how members sign in at a provider"},
    {"POST",
     "/workspaces/:workspace/enable-sso",
     s::workspaces_manage,
     r::administrator,
     enable_sign_on,
     "Let members sign in at a provider",
     {},
     gives::nothing},
    {"POST",
     "/workspaces/:workspace/disable-sso",
     s::workspaces_manage,
     r::administrator,
     disable_sign_on,
     "Let no member sign in at a provider",
     {},
     gives::nothing},

    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/actions", s::execution_info,
     r::pipeline_reader, list_actions, "Actions of a pipeline"},
    {"POST", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/actions", s::execution_manage,
     r::pipeline_manager, add_action, "Add an action"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/actions/:action", s::execution_info,
     r::pipeline_reader, get_action, "An action of a pipeline"},
    {"PATCH", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/actions/:action", s::execution_manage,
     r::pipeline_manager, edit_action, "Change an action"},
    {"DELETE", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/actions/:action", s::execution_manage,
     r::pipeline_manager, remove_action, "Remove an action"},
    {"GET", "/workspaces/:workspace/projects/:project/pipelines/:pipeline/badge", s::execution_info,
     r::pipeline_reader, show_badge_address, "Where the badge of a pipeline is"},
    // Who has its token may see it, and that is asked of the token alone.
    {"GET",
     "/workspaces/:domain/projects/:handle/pipelines/:number/badge.svg",
     s::none,
     r::anybody,
     show_badge,
     "How the last run of a pipeline went, as a picture",
     {},
     gives::picture},

    // Who sends there shows by a signature that they may.
    {"POST",
     "/latchkey/v1/hooks/:domain/:handle/:kind",
     s::none,
     r::anybody,
     receive_hook,
     "Where a forge sends its webhooks",
     {.raw = true}},
    {"POST",
     "/latchkey/v1/start/:token",
     s::none,
     r::anybody,
     start_by_address,
     "Start the pipeline that this address is of",
     {.raw = true}},
    {"POST", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/webhook", s::workspace,
     r::pipeline_manager, make_start_address, "Make the address that starts a pipeline", confirmed},
    {"DELETE", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/webhook", s::workspace,
     r::pipeline_manager, remove_start_address, "Remove the address that starts a pipeline"},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/hooks", s::workspace, r::project_manager,
     list_hooks, "Hooks of a project"},
    {"PUT", "/latchkey/v1/workspaces/:workspace/projects/:project/hooks/:kind", s::workspace, r::project_manager,
     put_hook, "Set a hook's secret"},
    {"DELETE", "/latchkey/v1/workspaces/:workspace/projects/:project/hooks/:kind", s::workspace, r::project_manager,
     remove_hook, "Remove a hook"},

    {"GET", "/latchkey/v1/health", s::none, r::anybody, show_health, "Whether the process lives"},
    {"GET", "/latchkey/v1/ready", s::none, r::anybody, show_readiness, "Whether it can do its work"},
    {"GET", "/latchkey/v1/openapi.json", s::none, r::anybody, show_openapi, "This API as an OpenAPI document"},
    {"GET", "/metrics", s::none, r::anybody, show_metrics, "What the server counts, for Prometheus"},
    {"GET", "/latchkey/v1/setup", s::none, r::anybody, show_setup_page,
     "A page for the first owner, as long as there is none"},
    {"POST", "/latchkey/v1/setup", s::none, r::anybody, make_first_owner,
     "Make the first owner, once, with the code that the server printed at its start", on_passwords},
    {"POST", "/latchkey/v1/workspaces/:workspace/members/:member/tokens", s::token_manage, r::administrator,
     add_token_for_member, "Make an access token for a member", confirmed},

    {"POST", "/latchkey/v1/session", s::none, r::anybody, log_in, "Sign in with a password", on_passwords},
    {"GET", "/latchkey/v1/session", s::none, r::user, show_session,
     "Who is signed in, and the token against forged calls"},
    {"DELETE", "/latchkey/v1/session", s::none, r::user, log_out, "Sign out"},
    {"DELETE", "/latchkey/v1/sessions", s::token_manage, r::user, log_out_everywhere, "Sign out everywhere"},
    {"POST", "/latchkey/v1/session/confirm", s::none, r::user, confirm_session,
     "Give the password again, for what asks for it", on_passwords},
    {"POST", "/latchkey/v1/session/password", s::none, r::user, change_password, "Change my password", on_passwords},
    {"POST", "/latchkey/v1/workspaces/:workspace/members/:member/password-link", s::token_manage, r::administrator,
     add_password_link, "Make a link by which a member sets a password, once", confirmed},
    {"POST", "/latchkey/v1/password", s::none, r::anybody, set_password_by_link, "Set a password with a link's code",
     on_passwords},
    {"GET", "/latchkey/v1/login/oidc", s::none, r::anybody, begin_openid_login, "Sign in with the identity provider",
     on_outgoing},
    {"GET", "/latchkey/v1/login/oidc/callback", s::none, r::anybody, finish_openid_login,
     "Where the identity provider sends a browser back to", on_outgoing},
    {"GET", "/.well-known/openid-configuration", s::none, r::anybody, show_issuer,
     "Who issues the tokens of runs (OpenID Connect Discovery)"},
    {"GET", "/.well-known/jwks.json", s::none, r::anybody, show_issuer_keys, "The keys that sign the tokens of runs"},
});

}  // namespace

std::span<const route> routes() {
    static const std::vector<route> all = [] {
        std::vector<route> made(table.begin(), table.end());
        for (const auto more : {routes_of_views(), routes_of_agents()})
            made.insert(made.end(), more.begin(), more.end());
        return made;
    }();
    return all;
}

}  // namespace latchkey::server
