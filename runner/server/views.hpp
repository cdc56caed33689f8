// SPDX-License-Identifier: Apache-2.0
//
// Records as the API shows them (rest-api §2–§7): the fields, their order of magnitude, and nulls where there is
// nothing. No secret has a way into them. Pure but for names that are looked up; any thread.
#pragma once

#include "policy/audit_log.hpp"
#include "runner/server/call.hpp"

namespace latchkey::server {

// One picture for everybody: nobody gives us any.
std::string avatar_url(const call&);

std::string time_text(policy::time_point);  // "2026-01-02T03:04:05Z"
// Of such a text; none: it is no time.
std::optional<policy::time_point> time_from(std::string_view);
json time_or_null(const std::optional<policy::time_point>&);

// `full`: what a GET of the one gives, else what a list does.
json view(const call&, const store::workspace_record&, bool full);
json view(const call&, const store::member_record&, bool full);
json view(const call&, const store::group_record&);
json view(const call&, const store::permission_set_record&);
json view(const call&, const store::team_project_record&, bool full);
json view(const call&, const store::team_pipeline_record&, bool full);  // in api_pipelines.cpp
json view(const call&, const store::access_token_record&);
json view(const call&, const policy::audit_entry&);  // in api_audit.cpp
// Who somebody is or was, by number; null: nobody.
json person(const call&, policy::user_id);
// {"url", "html_url", <name>: items}
json list_of(const std::string& url, const std::string& name, json items);
// The part of a list that the call asks for, of one that was read whole.
json page_of(json items, const store::page&);

}  // namespace latchkey::server
