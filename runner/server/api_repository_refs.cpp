// SPDX-License-Identifier: Apache-2.0
// Branches, tags and commits of a project's repository, to look at.
#include "runner/server/handlers.hpp"
#include "runner/server/repository_view.hpp"
#include "runner/server/scopes.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

std::string page_of_project(const call& c) {
    return view(c, *c.project, false)["html_url"];
}

// A member where the address is one's, else what the commit says.
json author(const call& c, const std::string& name, const std::string& email) {
    auto known = c.server.stores.people->find_user(email);
    if (known && c.server.stores.people->member(c.workspace->id, known->rights.id)) {
        json member = person(c, known->rights.id);
        if (member["name"] == "") member["name"] = name;
        return member;
    }
    const bool shows = !c.token || covers(c.token->scopes, scope::member_email);
    return {{"url", nullptr}, {"html_url", nullptr},         {"id", nullptr},
            {"name", name},   {"avatar_url", avatar_url(c)}, {"email", shows ? json(email) : json()},
            {"admin", false}, {"workspace_owner", false}};
}

policy::time_point time_of(std::int64_t seconds) {
    return policy::time_point(std::chrono::seconds(seconds));
}

json view_of_ref(const call& c, const char* kind, const std::string& name) {
    return {{"url", c.project_url() + "/repository/" + kind + "/" + name},
            {"html_url", page_of_project(c)},
            {"name", name}};
}

result<json> with_commit(const call& c, const files_to_show& shown, json v, const std::string& commit) {
    auto told = shown.files->history(shown.at, commit, 0, 1);
    if (!told) return told.error();
    v["commit"] = told->empty() ? json() : commit_view(c, told->front());
    return v;
}

result<answer> list_refs(call& c, const char* kind, std::string_view prefix) {
    const auto page = c.page();
    if (!page) return page.error();
    auto shown = files_to_show_of(c, "");
    if (!shown) return shown.error();
    if (shown->not_yet) return std::move(*shown->not_yet);
    auto all = shown->files->refs(shown->at);
    if (!all) return all.error();
    auto usual = shown->files->default_branch(shown->at);
    json items = json::array();
    for (const auto& ref : *all) {
        if (!ref.name.starts_with(prefix)) continue;
        json v = view_of_ref(c, kind, ref.name.substr(prefix.size()));
        if (prefix == heads) v["default"] = usual && v["name"] == *usual;
        items.push_back(std::move(v));
    }
    const std::string url = c.project_url() + "/repository/" + kind;
    return answer{200, list_of(url, kind, page_of(std::move(items), *page)), {}};
}

result<answer> get_ref(call& c, const char* kind, std::string_view prefix) {
    const std::string name = c.at.at("path");
    auto shown = files_to_show_of(c, "");
    if (!shown) return shown.error();
    if (shown->not_yet) return std::move(*shown->not_yet);
    auto all = shown->files->refs(shown->at);
    if (!all) return all.error();
    const auto at = std::ranges::find(*all, std::string(prefix) + name, &source::git_ref::name);
    if (at == all->end())
        return failure(errc::not_found, prefix == heads ? "there is no such branch" : "there is no such tag");
    json v = view_of_ref(c, kind, name);
    if (prefix == heads) {
        auto usual = shown->files->default_branch(shown->at);
        v["default"] = usual && name == *usual;
    } else {
        v["message"] = nullptr;
    }
    v["description"] = nullptr;
    auto whole = with_commit(c, *shown, std::move(v), at->name);
    if (!whole) return whole.error();
    return answer{200, std::move(*whole), {}};
}

}  // namespace

json commit_view(const call& c, const source::commit_info& told) {
    json parents = json::array();
    for (const std::string& parent : told.parents)
        parents.push_back({{"url", c.project_url() + "/repository/commits/" + parent},
                           {"html_url", page_of_project(c)},
                           {"revision", parent}});
    return {{"url", c.project_url() + "/repository/commits/" + told.id},
            {"html_url", page_of_project(c)},
            {"content_url", content_url(c, "", told.id)},
            {"revision", told.id},
            {"short_revision", told.id.substr(0, 8)},
            {"author_date", time_text(time_of(told.authored_at))},
            {"commit_date", time_text(time_of(told.committed_at))},
            {"message", told.message},
            {"author", author(c, told.author_name, told.author_email)},
            {"committer", author(c, told.committer_name, told.committer_email)},
            {"parents", std::move(parents)}};
}

result<answer> list_branches(call& c) {
    return list_refs(c, "branches", heads);
}
result<answer> get_branch(call& c) {
    return get_ref(c, "branches", heads);
}
result<answer> list_tags(call& c) {
    return list_refs(c, "tags", tags);
}
result<answer> get_tag(call& c) {
    return get_ref(c, "tags", tags);
}

result<answer> list_commits(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    const std::string* asked = c.request.parameter("revision");
    auto shown = files_to_show_of(c, asked == nullptr ? "" : *asked);
    if (!shown) return shown.error();
    if (shown->not_yet) return std::move(*shown->not_yet);
    auto told = shown->files->history(shown->at, shown->at.commit, page->offset, std::min(page->limit, 100));
    if (!told) return told.error();
    json items = json::array();
    for (const auto& one : *told) items.push_back(commit_view(c, one));
    return answer{200, list_of(c.project_url() + "/repository/commits", "commits", std::move(items)), {}};
}

result<answer> get_commit(call& c) {
    auto shown = files_to_show_of(c, c.at.at("revision"));
    if (!shown) return shown.error();
    if (shown->not_yet) return std::move(*shown->not_yet);
    auto told = shown->files->history(shown->at, shown->at.commit, 0, 1);
    if (!told) return told.error();
    if (told->empty()) return failure(errc::not_found, "the repository has no such revision");
    return answer{200, commit_view(c, told->front()), {}};
}

}  // namespace latchkey::server
