// SPDX-License-Identifier: Apache-2.0
// What a project's repository holds (rest-api §3), as it is in a commit: read from the server's clone.
#include "pipelines/definition_template.hpp"
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/repository_view.hpp"
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

// Whether the word, in lower case, is a key somewhere in the text: `actions:`, `"actions" :`.
bool is_key_in(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::size_t end = text.find_first_not_of(" \t\"'", at + word.size());
        if (end != std::string_view::npos && text[end] == ':') return true;
    }
    return false;
}

// Of a definition's name, or with a definition's keys in it: files that are something else are shown to everybody,
// YAML too.
bool may_be_definition(const std::string& path, std::string text) {
    if (path == "buddy.yml" || path == "buddy.yaml" || path.starts_with(".buddy/")) return true;
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const char* word :
         {"pipeline", "actions", "integration", "integrations", "integration_hash", "integration_id"})
        if (is_key_in(text, word)) return true;
    return false;
}

// A definition that names what its reader may not know of is not shown here either. Any file may be one, whatever it
// is called: a pipeline's settings name it; and it may be a template.
result<bool> is_hidden(const call& c, const std::string& path, const std::string& text) {
    if (!may_be_definition(path, text)) return false;
    const pipelines::filled_template filled = pipelines::fill_template(text, {});
    if (filled.too_long) return true;
    for (const std::string& each : {text, filled.text}) {
        auto hidden = names_hidden(c, c.project->id, each);
        if (!hidden || *hidden) return hidden;
    }
    return false;
}

}  // namespace

std::string content_url(const call& c, const std::string& path, const std::string& commit) {
    return c.project_url() + "/repository/contents" + (path.empty() ? "" : "/" + in_address(path)) +
           (commit.empty() ? "" : "?revision=" + commit);
}

json content_view(const call& c, const project_files::content& what) {
    return {{"url", content_url(c, what.path)},
            {"html_url", view(c, *c.project, false)["html_url"]},
            {"content_type", what.type},
            {"size", what.type == "FILE" ? json(what.size) : json()},
            {"name", what.path.substr(what.path.rfind('/') + 1)},
            {"path", what.path},
            {"encoding", nullptr},
            {"content", nullptr},
            {"target", nullptr}};
}

result<project_files*> files_of_project(const call& c) {
    project_files* files = c.server.runs == nullptr ? nullptr : c.server.runs->files();
    const auto repository =
        std::ranges::find(c.project->settings, "custom_repo_url", &std::pair<std::string, std::string>::first);
    if (files == nullptr || repository == c.project->settings.end() || repository->second.empty())
        return failure(errc::not_found, "the project has no repository");
    return files;
}

answer not_there_yet(const failure& f) {
    json errors = json::array({{{"message", f.what}}});
    return {503, {{"errors", std::move(errors)}}, {{"Retry-After", "5"}}};
}

result<files_to_show> files_to_show_of(const call& c, const std::string& revision) {
    const auto from = files_of_project(c);
    if (!from) return from.error();
    project_files& files = **from;
    auto now = files.find_to_show(*c.project, {});
    // Of who only looks nothing is in conflict: it is not there yet.
    if (!now && now.error().code == errc::conflict) return files_to_show{&files, {}, not_there_yet(now.error())};
    if (!now) return now.error();
    if (revision.empty() || revision == "HEAD") return files_to_show{&files, std::move(*now), std::nullopt};
    auto commit = files.commit(*now, revision);
    if (commit)
        return files_to_show{&files, project_files::state{now->repository, std::move(*commit), now->ref},
                             std::nullopt};
    if (commit.error().code != errc::not_found) return commit.error();
    for (const auto& [type, prefix] :
         {std::pair(policy::ref_type::branch, "refs/heads/"), std::pair(policy::ref_type::tag, "refs/tags/")}) {
        if (revision.starts_with("refs/") && !revision.starts_with(prefix)) continue;
        auto at = files.find_to_show(*c.project, {type, revision.starts_with(prefix) ? revision : prefix + revision});
        if (at) return files_to_show{&files, std::move(*at), std::nullopt};
        if (at.error().code != errc::not_found) return at.error();
    }
    return failure(errc::not_found, "the repository has no such revision");
}

result<answer> show_contents(call& c) {
    const std::string* asked = c.request.parameter("revision");
    auto shown = files_to_show_of(c, asked == nullptr ? "" : *asked);
    if (!shown) return shown.error();
    if (shown->not_yet) return std::move(*shown->not_yet);
    project_files* files = shown->files;
    const project_files::state* at = &shown->at;
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
        for (const auto& each : *all) items.push_back(content_view(c, each));
        json v = content_view(c, what);
        v["contents"] = std::move(items);
        return answer{200, std::move(v), {}};
    }
    json v = content_view(c, what);
    v["encoding"] = "base64";
    v["content"] = nullptr;
    v["hidden"] = false;
    if (what.type == "FILE") {
        auto bytes = files->read(*at, path);
        if (!bytes) return bytes.error();
        auto hidden = is_hidden(c, path, *bytes);
        if (!hidden) return hidden.error();
        v["hidden"] = *hidden;
        if (!*hidden) v["content"] = vault::encode_base64(*bytes);
    }
    return answer{200, std::move(v), {}};
}

}  // namespace latchkey::server
