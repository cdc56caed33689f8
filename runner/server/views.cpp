// SPDX-License-Identifier: Apache-2.0
#include "runner/server/views.hpp"

#include "policy/explain.hpp"
#include "runner/server/scopes.hpp"

#include <algorithm>
#include <cstdio>

namespace latchkey::server {

namespace {

bool shows_addresses(const call& c) {
    return !c.token || covers(c.token->scopes, scope::member_email);
}

std::string setting(const store::facts& settings, std::string_view name, std::string otherwise = "") {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    return at == settings.end() ? otherwise : at->second;
}

json text_or_null(const std::string& text) {
    return text.empty() ? json() : json(text);
}

}  // namespace

std::string avatar_url(const call& c) {
    return c.base + "/latchkey/v1/avatar.svg";
}

std::string time_text(policy::time_point at) {
    return policy::format_utc(at);
}

std::optional<policy::time_point> time_from(std::string_view text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int used = 0;
    const std::string whole(text);
    if (std::sscanf(whole.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
                    &used) != 6)
        return std::nullopt;
    std::string_view rest = text.substr(static_cast<std::size_t>(used));
    std::chrono::milliseconds part{0};
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        for (int worth = 100; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; worth /= 10) {
            part += std::chrono::milliseconds(worth * (rest.front() - '0'));
            rest.remove_prefix(1);
        }
    }
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (rest != "Z" || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return policy::time_point(std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                              std::chrono::seconds(second) + part);
}

json time_or_null(const std::optional<policy::time_point>& at) {
    return at ? json(time_text(*at)) : json();
}

json view(const call& c, const store::workspace_record& w, bool full) {
    json v = {{"url", c.base + "/workspaces/" + w.domain},
              {"html_url", c.base + "/app/" + w.domain},
              {"id", w.id.value()},
              {"name", w.name},
              {"domain", w.domain}};
    if (!full) return v;
    v["owner_id"] = w.owner.value();
    v["frozen"] = false;
    v["create_date"] = time_text(w.created_at);
    v["default_pipeline_resource"] = "DEFAULT";
    v["sso_enabled"] = c.server.stores.sso->get(w.id).has_value();
    return v;
}

json view(const call& c, const store::member_record& m, bool full) {
    const auto id = std::to_string(m.user.rights.id.value());
    json v = {{"url", c.workspace_url() + "/members/" + id},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/people/" + id},
              {"id", m.user.rights.id.value()},
              {"name", m.user.name},
              {"avatar_url", avatar_url(c)},
              {"email", shows_addresses(c) ? json(m.user.email) : json()},
              {"admin", m.user.rights.role != policy::workspace_role::member},
              {"workspace_owner", m.user.rights.role == policy::workspace_role::owner}};
    if (!full) return v;
    v["auto_assign_to_new_projects"] = m.auto_assign;
    v["auto_assign_permission_set_id"] = m.auto_set.value();
    return v;
}

json view(const call& c, const store::group_record& g) {
    const auto id = std::to_string(g.id.value());
    return {{"url", c.workspace_url() + "/groups/" + id},
            {"html_url", c.base + "/app/" + c.workspace->domain + "/groups/" + id},
            {"id", g.id.value()},
            {"name", g.name},
            {"description", text_or_null(g.description)},
            {"allow_add_new_projects", false},
            {"allow_add_new_domains_on_owner_behalf", false},
            {"auto_assign_to_new_projects", g.auto_assign},
            {"auto_assign_permission_set_id", g.auto_set.value()}};
}

json view(const call& c, const store::permission_set_record& s) {
    constexpr const char* levels[] = {"DENIED", "DENIED", "READ_ONLY", "RUN_ONLY", "READ_WRITE"};
    const auto id = std::to_string(s.id.value());
    json v = {{"url", c.workspace_url() + "/permissions/" + id},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/permissions/" + id},
              {"id", s.id.value()},
              {"name", s.name},
              {"description", text_or_null(s.description)},
              {"note", text_or_null(s.description)},
              {"agent_note", text_or_null(setting(s.levels, "agent_note"))},
              {"package_access_level", setting(s.levels, "package_access_level", "DENIED")},
              {"type", s.type},
              {"pipeline_access_level", levels[static_cast<std::size_t>(s.pipelines)]}};
    for (const char* name : {"repository_access_level", "sandbox_access_level", "project_team_access_level",
                             "environment_access_level", "target_access_level"})
        v[name] = text_or_null(setting(s.levels, name));
    return v;
}

json view(const call& c, const store::team_project_record& p, bool full) {
    const std::string url = c.workspace_url() + "/projects/" + p.handle;
    json v = {{"url", url},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/" + p.handle},
              {"name", p.handle},
              {"display_name", p.name},
              {"status", "ACTIVE"},
              {"access", setting(p.settings, "access", "PRIVATE")},
              {"create_date", time_text(p.created_at)}};
    if (!full) return v;
    for (const char* none : {"custom_repo_pass", "external_project_id", "git_lab_project_id", "integration"})
        v[none] = nullptr;
    const std::string key = setting(p.settings, "custom_repo_ssh_key_id");
    v["custom_repo_ssh_key_id"] = key.empty() ? json() : json(std::stoll(key));
    v["custom_repo_user"] = text_or_null(setting(p.settings, "custom_repo_user"));
    v["custom_repo_url"] = text_or_null(setting(p.settings, "custom_repo_url"));
    v["created_by"] = person(c, p.created_by);
    const std::string repository = setting(p.settings, "custom_repo_url");
    v["http_repository"] = text_or_null(repository.starts_with("http") ? repository : "");
    v["ssh_repository"] = text_or_null(repository.starts_with("http") ? "" : repository);
    v["default_branch"] = setting(p.settings, "default_branch", "main");
    v["on_missing_permissions"] = setting(p.settings, "on_missing_permissions", "fail");
    v["update_default_branch_from_external"] = setting(p.settings, "update_default_branch_from_external") == "true";
    v["fetch_submodules"] = setting(p.settings, "fetch_submodules") == "true";
    v["fetch_submodules_env_key"] = text_or_null(setting(p.settings, "fetch_submodules_env_key"));
    v["allow_pull_requests"] = setting(p.settings, "allow_pull_requests") == "true";
    v["without_repository"] = repository.empty();
    return v;
}

json view(const call& c, const store::access_token_record& t) {
    return {{"url", c.base + "/user/tokens/" + t.id},
            {"html_url", c.base + "/app/tokens/" + t.id},
            {"id", t.id},
            {"name", t.name},
            {"expires_at", time_or_null(t.expires_at)},
            {"scopes", t.scopes},
            {"ip_restrictions", t.addresses},
            {"workspace_restrictions", t.workspaces}};
}

json person(const call& c, policy::user_id id) {
    if (!id.valid()) return nullptr;
    if (c.workspace) {
        auto member = c.server.stores.people->member(c.workspace->id, id);
        if (member) return view(c, *member, false);
    }
    auto known = c.server.stores.runs->user(id);
    if (!known) return nullptr;
    return {{"url", nullptr},
            {"html_url", nullptr},
            {"id", id.value()},
            {"name", known->name},
            {"avatar_url", avatar_url(c)}};
}

json list_of(const std::string& url, const std::string& name, json items) {
    return {{"url", url}, {"html_url", url}, {name, std::move(items)}};
}

json page_of(json items, const store::page& p) {
    json part = json::array();
    const auto from = std::min(static_cast<std::size_t>(p.offset), items.size());
    const auto to = std::min(from + static_cast<std::size_t>(p.limit), items.size());
    for (std::size_t i = from; i < to; ++i) part.push_back(std::move(items[i]));
    return part;
}

}  // namespace latchkey::server
