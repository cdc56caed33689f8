// SPDX-License-Identifier: Apache-2.0
// Projects of a workspace (rest-api §3).
#include "runner/server/handlers.hpp"
#include "runner/server/project_secrets.hpp"
#include "runner/server/views.hpp"
#include "runner/source/address.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 4> texts = {"custom_repo_user", "custom_repo_host_keys",
                                                   "fetch_submodules_env_key", "default_branch"};
constexpr std::array<std::string_view, 4> flags = {"update_default_branch_from_external", "fetch_submodules",
                                                   "allow_pull_requests", "without_repository"};

void put(store::facts& to, std::string_view name, std::string value) {
    const auto at = std::ranges::find(to, name, &std::pair<std::string, std::string>::first);
    if (at != to.end())
        at->second = std::move(value);
    else
        to.emplace_back(name, std::move(value));
}

// "Company Website" → "company-website"
std::string handle_from(const std::string& name) {
    std::string handle;
    for (const char c : name) {
        const char l = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool plain = (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '_' || l == '.';
        if (plain && !(handle.empty() && l == '.'))
            handle += l;
        else if (!handle.empty() && handle.back() != '-')
            handle += '-';
    }
    while (handle.ends_with('-')) handle.pop_back();
    return handle.substr(0, 100);
}

std::string setting_of_project(const store::team_project_record& p, std::string_view name) {
    const auto at = std::ranges::find(p.settings, name, &std::pair<std::string, std::string>::first);
    return at == p.settings.end() ? std::string() : at->second;
}

// What of a repository's login is kept sealed. An empty one is to be forgotten.
struct repository_login {
    std::optional<vault::secret> password;
    std::optional<vault::secret> key;
};

std::string server_of(const std::string& url) {
    const auto address = source::read_address(url);
    if (!address) return {};
    return address->by == source::transport::ssh ? address->host : address->server;
}

void fill_repository(store::team_project_record& p, input& in, repository_login& login) {
    const std::string before = setting_of_project(p, "custom_repo_url");
    if (const auto url = in.text("custom_repo_url"); url && !url->empty()) {
        auto address = source::read_address(*url);
        if (!address) {
            in.refuse("`custom_repo_url`: " + address.error().what);
            return;
        }
        // A login in it would be shown to everybody.
        if (!address->password.empty()) login.password = std::move(address->password);
        if (address->by != source::transport::ssh && !address->user.empty())
            put(p.settings, "custom_repo_user", address->user);
        put(p.settings, "custom_repo_url", address->url);
        // Who names another server must not be handed the login that was given for the first.
        if (!before.empty() && server_of(before) != server_of(address->url)) {
            if (!login.password) login.password.emplace();
            login.key.emplace();
            put(p.settings, "custom_repo_ssh_key_id", "");
        }
    } else if (url) {
        put(p.settings, "custom_repo_url", "");
        login.password.emplace();
        login.key.emplace();
        put(p.settings, "custom_repo_ssh_key_id", "");
    }
    if (const auto id = in.number("custom_repo_ssh_key_id"))
        put(p.settings, "custom_repo_ssh_key_id", *id == 0 ? "" : std::to_string(*id));
    if (auto password = in.text("custom_repo_pass")) login.password = vault::secret(std::move(*password));
    if (auto key = in.text("custom_repo_key")) login.key = vault::secret(std::move(*key));
}

std::vector<store::project_secret_record> sealed(const call& c, policy::project_id project,
                                                 const repository_login& login) {
    std::vector<store::project_secret_record> all;
    for (const auto& [name, value] :
         {std::pair(repository_password, &login.password), std::pair(repository_key, &login.key)})
        if (*value) all.push_back(sealed_for_project(c.server.vault, project, name, **value, c.actor(), c.now()));
    return all;
}

void fill(store::team_project_record& p, input& in, repository_login& login) {
    if (const auto name = in.text("display_name")) p.name = *name;
    if (const auto handle = in.text("name")) p.handle = *handle;
    fill_repository(p, in, login);
    for (const std::string_view name : texts)
        if (const auto text = in.text(name)) put(p.settings, name, *text);
    for (const std::string_view name : flags)
        if (const auto flag = in.flag(name)) put(p.settings, name, *flag ? "true" : "false");
    if (const auto access = in.text("access")) {
        if (*access != "PRIVATE" && *access != "PUBLIC") in.refuse("`access` must be PRIVATE or PUBLIC");
        put(p.settings, "access", *access);
    }
    if (const auto how = in.text("on_missing_permissions")) {
        if (*how != "fail" && *how != "wait") in.refuse("`on_missing_permissions` must be fail or wait");
        put(p.settings, "on_missing_permissions", *how);
    }
}

// A key that is named must be one that this project's runs could use too.
result<void> check_key(const call& c, const store::team_project_record& p, const std::string& before) {
    const std::string named = setting_of_project(p, "custom_repo_ssh_key_id");
    if (named.empty() || named == before) return {};
    auto key = c.server.stores.values->get(c.workspace->id, policy::variable_id(std::stoll(named)));
    if (!key && key.error().code != errc::not_found) return key.error();
    const bool fits = key && key->type == "SSH_KEY" &&
                      (key->owner.level == store::variable_level::workspace ||
                       (key->owner.level == store::variable_level::project && key->owner.project == p.id));
    if (!fits)
        return failure(errc::usage,
                       "`custom_repo_ssh_key_id` must be the id of a variable of the type SSH_KEY, of "
                       "the workspace or of this project");
    return {};
}

// Whether the project logs in with a key of its own after the change: one that is given, or a variable of its own.
result<bool> has_own_key(const call& c, const store::team_project_record& p, const repository_login& login,
                         bool had_key) {
    if (login.key ? !login.key->empty() : had_key) return true;
    const std::string named = setting_of_project(p, "custom_repo_ssh_key_id");
    if (named.empty()) return false;
    auto key = c.server.stores.values->get(c.workspace->id, policy::variable_id(std::stoll(named)));
    if (!key && key.error().code == errc::not_found) return false;
    if (!key) return key.error();
    return key->owner.level == store::variable_level::project && key->owner.project == p.id;
}

// A key of the workspace opens repositories of other projects, too: who manages one project can't say what is fetched
// with it.
result<void> check_shared_key(const call& c, const store::team_project_record& p, const repository_login& login) {
    if (c.administrator()) return {};
    const auto address = source::read_address(setting_of_project(p, "custom_repo_url"));
    if (!address || address->by != source::transport::ssh) return {};
    const auto kept = c.server.stores.triggers->secret(p.id, std::string(repository_key));
    if (!kept) return kept.error();
    const bool had_key = kept->has_value();
    bool changed = login.key.has_value() && had_key;
    const auto said = [](const store::team_project_record& of, std::string_view name) {
        const std::string value = setting_of_project(of, name);
        return value == "false" ? std::string() : value;
    };
    for (const std::string_view name : {"custom_repo_url", "custom_repo_ssh_key_id", "custom_repo_user",
                                        "custom_repo_host_keys", "fetch_submodules", "fetch_submodules_env_key"})
        changed = changed || said(p, name) != said(*c.project, name);
    if (!changed) return {};
    const auto own = has_own_key(c, p, login, had_key);
    if (!own) return own.error();
    if (!*own)
        return failure(
            errc::denied,
            "a repository that is opened with a key of the workspace is set by an administrator of the "
            "workspace: give the project a key of its own with `custom_repo_key`, or name a variable of the "
            "project with `custom_repo_ssh_key_id`");
    return {};
}

}  // namespace

result<answer> list_projects(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    store::page whole = *page;
    whole.offset = 0;
    whole.limit = 1'000'000;
    auto all = c.server.stores.people->projects(c.workspace->id, whole);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& p : *all) {
        // Only those that the caller has a role in: of others not even the name is known.
        auto role = c.server.stores.people->role_in_project(c.workspace->id, p.id, c.actor());
        if (!role) return role.error();
        if (*role) items.push_back(view(c, p, false));
    }
    return answer{200, list_of(c.workspace_url() + "/projects", "projects", page_of(std::move(items), *page)), {}};
}

// Those of them that the caller has a role in, too.
result<answer> list_member_projects(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    const auto number = c.number("member");
    if (!number) return number.error();
    auto member = c.server.stores.people->member(c.workspace->id, policy::user_id(*number));
    if (!member) return member.error();
    auto all = c.server.stores.people->projects(c.workspace->id, {0, 1'000'000, page->sort_by, page->descending});
    if (!all) return all.error();
    json items = json::array();
    for (const auto& p : *all) {
        bool both = true;
        for (const policy::user_id who : {member->user.rights.id, c.actor()}) {
            auto role = c.server.stores.people->role_in_project(c.workspace->id, p.id, who);
            if (!role) return role.error();
            both = both && role->has_value();
        }
        if (both) items.push_back(view(c, p, false));
    }
    const std::string url = c.workspace_url() + "/members/" + std::to_string(*number) + "/projects";
    return answer{200, list_of(url, "projects", page_of(std::move(items), *page)), {}};
}

result<answer> get_project(call& c) {
    return answer{200, view(c, *c.project, true), {}};
}

result<answer> add_project(call& c) {
    input in(c.body);
    store::team_project_record wanted;
    repository_login login;
    fill(wanted, in, login);
    if (wanted.name.empty()) wanted.name = wanted.handle;
    if (wanted.handle.empty()) wanted.handle = handle_from(wanted.name);
    if (wanted.name.empty()) in.refuse("`display_name` is missing");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto fine = check_key(c, wanted, ""); !fine) return fine.error();
    auto made =
        c.server.stores.people->add_project(c.workspace->id, std::move(wanted), c.actor(), c.now(),
                                            [&](policy::project_id project) { return sealed(c, project, login); });
    if (!made) return made.error();
    return answer{201, view(c, *made, true), {}};
}

result<answer> edit_project(call& c) {
    input in(c.body);
    store::team_project_record changed = *c.project;
    repository_login login;
    fill(changed, in, login);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto fine = check_key(c, changed, setting_of_project(*c.project, "custom_repo_ssh_key_id")); !fine)
        return fine.error();
    if (auto fine = check_shared_key(c, changed, login); !fine) return fine.error();
    // Together, and only where the address is still the one that the login was judged by: no server is shown what is
    // another's.
    const store::directory::project_change change{c.project->settings, sealed(c, changed.id, login)};
    auto edited = c.server.stores.people->edit_project(changed, c.actor(), c.now(), change);
    if (!edited) return edited.error();
    return answer{200, view(c, *edited, true), {}};
}

result<answer> remove_project(call& c) {
    if (auto done = c.server.stores.people->remove_project(c.workspace->id, c.project->id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
