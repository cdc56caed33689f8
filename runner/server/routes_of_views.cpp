// SPDX-License-Identifier: Apache-2.0
//
// The part of the table that the web page and other clients live on: repositories, lists, live views, logs, requests
// for permissions, and what is to be known of an integration.
#include "runner/server/handlers.hpp"
#include "runner/server/route.hpp"

#include <array>

namespace latchkey::server {

namespace {

using s = scope;
using r = right;

constexpr manner confirmed{.confirmed = true};
constexpr manner on_repositories{.on = lane::repositories};
constexpr manner on_pushes{.on = lane::pushes};

constexpr auto table = std::to_array<route>({
    // Whatever role somebody has in a project, it lets them read its repository.
    {"GET", "/workspaces/:workspace/projects/:project/repository/contents", s::repository_read, r::project_member,
     show_contents, "What the root of a project's repository holds", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/contents/:path*", s::repository_read,
     r::project_member, show_contents, "A file or folder of a project's repository", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/branches", s::repository_read, r::project_member,
     list_branches, "Branches of a project's repository", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/branches/:path*", s::repository_read,
     r::project_member, get_branch, "A branch of a project's repository", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/tags", s::repository_read, r::project_member,
     list_tags, "Tags of a project's repository", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/tags/:path*", s::repository_read, r::project_member,
     get_tag, "A tag of a project's repository", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/commits", s::repository_read, r::project_member,
     list_commits, "Commits of a project's repository, the newest first", on_repositories},
    {"GET", "/workspaces/:workspace/projects/:project/repository/commits/:revision", s::repository_read,
     r::project_member, get_commit, "A commit of a project's repository", on_repositories},
    {"POST", "/workspaces/:workspace/projects/:project/repository/contents", s::repository_write,
     r::repository_writer, add_content, "Add a file to a project's repository", on_pushes},
    {"PUT", "/workspaces/:workspace/projects/:project/repository/contents/:path*", s::repository_write,
     r::repository_writer, edit_content, "Change a file of a project's repository", on_pushes},
    {"DELETE", "/workspaces/:workspace/projects/:project/repository/contents/:path*", s::repository_write,
     r::repository_writer, remove_content, "Remove a file from a project's repository", on_pushes},

    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/"
     "action_executions/:action/log/bytes",
     s::execution_info,
     r::pipeline_reader,
     get_log_bytes,
     "Some bytes of what an action printed",
     {},
     gives::text},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/"
     "action_executions/:action/log/lines",
     s::execution_info, r::pipeline_reader, get_log_lines,
     "Some lines of what an action printed, and how many there are"},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/"
     "action_executions/:action/log/search",
     s::execution_info, r::pipeline_reader, search_log, "The lines of what an action printed that hold a text"},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/"
     "action_executions/:action/log/text",
     s::execution_info,
     r::pipeline_reader,
     download_log,
     "All that an action printed, as a file",
     {},
     gives::text},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions", s::execution_info,
     r::pipeline_reader, list_pipeline_executions, "Executions of a pipeline, narrowed, the newest first"},
    // Of each workspace and project only the runs whose pipelines the caller may read.
    {"GET", "/latchkey/v1/workspaces/:workspace/executions", s::execution_info, r::member, list_workspace_executions,
     "Executions of a workspace, narrowed, the newest first"},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/events",
     s::execution_info,
     r::member,
     stream_workspace,
     "Which runs of a workspace change, as they do",
     {},
     gives::events},
    {"GET",
     "/latchkey/v1/workspaces/:workspace/projects/:project/events",
     s::execution_info,
     r::project_member,
     stream_project,
     "Which runs of a project change, as they do",
     {},
     gives::events},

    {"POST",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/validate",
     s::execution_info,
     r::project_member,
     validate_definition,
     "What is wrong or doubtful in the text of a definition",
     {.raw = true}},
    {"GET", "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/definition", s::execution_info,
     r::pipeline_reader, show_definition, "What defines a pipeline, as text, and what is wrong or doubtful in it"},

    // What is the caller's to answer, and who may ask and grant, the handlers and the store judge.
    {"GET", "/latchkey/v1/workspaces/:workspace/waiting", s::execution_info, r::member, list_waiting,
     "What waits for me: runs that I may let go on, and requests for permissions that I may grant"},
    {"GET", "/latchkey/v1/workspaces/:workspace/access_requests", s::execution_info, r::member, list_access_requests,
     "Requests for permissions: my own, and those that I may grant"},
    {"DELETE", "/latchkey/v1/workspaces/:workspace/access_requests/:request", s::execution_run, r::member,
     close_access_request, "Take back a request for a permission, or dismiss it"},
    {"POST",
     "/latchkey/v1/workspaces/:workspace/projects/:project/pipelines/:pipeline/executions/:execution/missing/request",
     s::execution_run, r::pipeline_reader, request_access, "Ask for the permissions that an execution lacks"},

    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/grants/preview", s::integration_info,
     r::member, preview_grants, "Which pipelines have used an integration lately"},
    {"POST", "/latchkey/v1/workspaces/:workspace/integrations/:integration/grants/replace", s::integration_manage,
     r::member, replace_grants, "Let these pipelines use an integration, and no others", confirmed},
    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/effective", s::integration_info, r::member,
     list_effective_levels, "Which level everybody ends up with on an integration, and by which row"},
    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/usage", s::integration_info, r::member,
     list_usage, "Which runs have asked for an integration, and what they got"},
    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/audit", s::integration_info, r::member,
     list_integration_audit, "What was decided of an integration and done to it, the newest first"},
    {"GET", "/latchkey/v1/workspaces/:workspace/integrations/:integration/used_by", s::integration_info, r::member,
     list_used_by, "Which pipelines name an integration"},
    {"POST",
     "/latchkey/v1/workspaces/:workspace/integrations/:integration/test",
     s::integration_manage,
     r::member,
     test_connection,
     "Ask an integration's service whether it takes the credential",
     {.on = lane::trials}},
    {"GET", "/latchkey/v1/integration_types", s::integration_info, r::user, list_integration_types,
     "Which types of integrations there are, and what each asks for"},

    {"GET", "/latchkey/v1/login", s::none, r::anybody, show_ways_in, "How one can sign in here"},
});

}  // namespace

std::span<const route> routes_of_views() {
    return table;
}

}  // namespace latchkey::server
