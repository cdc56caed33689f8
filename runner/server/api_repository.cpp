// SPDX-License-Identifier: Apache-2.0
// What a project's repository holds (rest-api §3), as it is in a commit: read from the server's clone.
#include "pipelines/definition_template.hpp"
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"
#include "runner/vault/base64.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

std::string in_address(std::string_view path) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : path) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("/-._~").find(c) != std::string_view::npos;
        if (plain)
            out += c;
        else
            out += {'%', digits[u >> 4U], digits[u & 15U]};
    }
    return out;
}

std::string url_of(const call& c, const std::string& path) {
    return c.project_url() + "/repository/contents" + (path.empty() ? "" : "/" + in_address(path));
}

json view(const call& c, const project_files::content& what) {
    return {{"url", url_of(c, what.path)},
            {"html_url", nullptr},
            {"content_type", what.type},
            {"size", what.type == "FILE" ? json(what.size) : json()},
            {"name", what.path.substr(what.path.rfind('/') + 1)},
            {"path", what.path}};
}

// A branch, a tag, or a commit that one of them leads to; nothing: the default branch.
result<project_files::state> state_asked_for(const call& c, project_files& files) {
    const std::string* asked = c.request.parameter("revision");
    const std::string revision = asked == nullptr || *asked == "HEAD" ? "" : *asked;
    auto now = files.find_to_show(*c.project, {});
    if (revision.empty() || !now) return now;
    auto commit = files.commit(*now, revision);
    if (commit) return project_files::state{now->repository, std::move(*commit), now->ref};
    if (commit.error().code != errc::not_found) return commit.error();
    for (const auto& [type, prefix] :
         {std::pair(policy::ref_type::branch, "refs/heads/"), std::pair(policy::ref_type::tag, "refs/tags/")}) {
        if (revision.starts_with("refs/") && !revision.starts_with(prefix)) continue;
        auto at = files.find_to_show(*c.project, {type, revision.starts_with(prefix) ? revision : prefix + revision});
        if (at || at.error().code != errc::not_found) return at;
    }
    return failure(errc::not_found, "the repository has no such revision");
}

// A definition that names what its reader may not know of is not shown here either. Any file may be one, whatever it
// is called: a pipeline's settings name it; and it may be a template.
result<bool> is_hidden(const call& c, const std::string& text) {
    const pipelines::filled_template filled = pipelines::fill_template(text, {});
    if (filled.too_long) return true;
    for (const std::string& each : {text, filled.text}) {
        auto hidden = names_hidden(c, c.project->id, each);
        if (!hidden || *hidden) return hidden;
    }
    return false;
}

}  // namespace

result<answer> show_contents(call& c) {
    project_files* files = c.server.runs == nullptr ? nullptr : c.server.runs->files();
    const auto repository =
        std::ranges::find(c.project->settings, "custom_repo_url", &std::pair<std::string, std::string>::first);
    if (files == nullptr || repository == c.project->settings.end() || repository->second.empty())
        return failure(errc::not_found, "the project has no repository");
    auto at = state_asked_for(c, *files);
    if (!at) return at.error();
    const auto place = c.at.find("path");
    const std::string path = place == c.at.end() ? "" : place->second;
    project_files::content what{"DIR", "", 0};
    if (!path.empty()) {
        auto found = files->look(*at, path);
        if (!found) return found.error();
        what = std::move(*found);
    }
    if (what.type == "DIR") {
        auto all = files->contents(*at, path);
        if (!all) return all.error();
        json items = json::array();
        for (const auto& each : *all) items.push_back(view(c, each));
        json v = list_of(url_of(c, path), "contents", std::move(items));
        v["html_url"] = nullptr;
        return answer{200, std::move(v), {}};
    }
    json v = view(c, what);
    v["encoding"] = "base64";
    v["content"] = nullptr;
    v["hidden"] = false;
    if (what.type == "FILE") {
        auto bytes = files->read(*at, path);
        if (!bytes) return bytes.error();
        auto hidden = is_hidden(c, *bytes);
        if (!hidden) return hidden.error();
        v["hidden"] = *hidden;
        if (!*hidden) v["content"] = vault::encode_base64(*bytes);
    }
    return answer{200, std::move(v), {}};
}

}  // namespace latchkey::server
