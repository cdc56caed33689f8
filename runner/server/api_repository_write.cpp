// SPDX-License-Identifier: Apache-2.0
// Files of a project's repository, written by the API (rest-api §3): each call is one commit in the caller's name,
// which is pushed to where the project's repository is, never by force.
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/repository_view.hpp"
#include "runner/vault/base64.hpp"

namespace latchkey::server {

namespace {

using what = source::file_change::what;

constexpr std::size_t most_bytes = 1UL << 20U;  // as much as is shown of a file

// A field of the body, else a parameter: not every client sends a body with DELETE.
std::string said(const call& c, input& in, const char* name) {
    if (auto text = in.text(name)) return *text;
    const std::string* parameter = c.request.parameter(name);
    return parameter == nullptr ? "" : *parameter;
}

std::string path_of(const call& c, input& in, what does) {
    std::string path;
    if (does == what::add)
        path = in.required("path");
    else if (const auto at = c.at.find("path"); at != c.at.end())
        path = at->second;
    return path.starts_with('/') ? path.substr(1) : path;
}

result<source::file_change> change_in(const call& c, what does) {
    input in(c.body);
    source::file_change change;
    change.does = does;
    change.path = path_of(c, in, does);
    change.branch = said(c, in, "branch");
    change.base = said(c, in, "revision");
    change.message = said(c, in, "message");
    if (change.message.empty()) in.refuse("`message` is missing: it is what the commit says");
    const auto content = in.text("content");
    if (does != what::remove && !content) in.refuse("`content` is missing: the file in base64");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (does != what::remove) {
        const auto bytes = vault::decode_base64(*content);
        if (!bytes) return failure(errc::usage, "`content` must be the file in base64");
        if (bytes->size() > most_bytes)
            return failure(errc::refused, "the file is larger than 1 MB: push it with git");
        change.content = std::string(bytes->reveal());
    }
    change.author_name = c.user.name.empty() ? c.user.email : c.user.name;
    change.author_email = c.user.email;
    change.at = c.now();
    return change;
}

// What the file says on the branch; nothing where it, or the branch, is not there: writing says what is wrong then.
result<std::string> text_before(const call& c, project_files& files, const source::file_change& change) {
    const std::string branch = source::branch_named(change.branch);
    const policy::ref of =
        branch.empty() ? policy::ref() : policy::ref{policy::ref_type::branch, "refs/heads/" + branch};
    const auto at = files.find_to_show(*c.project, of);
    auto text = at ? files.read(*at, change.path) : result<std::string>(at.error());
    if (!text && text.error().code == errc::not_found) return std::string();
    return text;
}

// Who saves a definition needs Use on what it newly names, here as where the API keeps it.
result<void> check_names(const call& c, project_files& files, const source::file_change& change) {
    if (change.does == what::remove) return {};
    const auto read = is_read_by_pipelines(c, change.path);
    if (!read) return read.error();
    if (!*read) return {};
    const auto before = text_before(c, files, change);
    if (!before) return before.error();
    return check_file(c, change.path, change.content, *before);
}

result<void> note(const call& c, const source::file_change& change, const char* did, const std::string& commit) {
    return c.server.stores.runs->audit(policy::audit_kind::project_changed, c.actor(),
                                       {{"workspace", std::to_string(c.workspace->id.value())},
                                        {"project", std::to_string(c.project->id.value())},
                                        {"did", did},
                                        {"path", change.path},
                                        {"commit", commit}},
                                       c.now());
}

result<answer> write(call& c, what does) {
    const auto change = change_in(c, does);
    if (!change) return change.error();
    const auto files = files_of_project(c);
    if (!files) return files.error();
    if (auto there = (*files)->have(*c.project); !there) {
        if (there.error().code == errc::conflict) return not_there_yet(there.error());
        return there.error();
    }
    if (auto fine = check_names(c, **files, *change); !fine) return fine.error();
    // Nothing is pushed that could not be noted before, whatever becomes of it.
    const auto done = (*files)->write(*c.project, *change, [&](const std::string& commit) {
        return note(c, *change,
                    does == what::add       ? "is about to add a file"
                    : does == what::replace ? "is about to change a file"
                                            : "is about to remove a file",
                    commit);
    });
    if (!done) return done.error();
    const project_files::state& at = done->at;
    if (done->made) {
        const char* did = does == what::add       ? "added a file"
                          : does == what::replace ? "changed a file"
                                                  : "removed a file";
        if (auto noted = note(c, *change, did, at.commit); !noted) return noted.error();
    }
    if (does == what::remove) return answer{204, {}, {}};
    json content = content_view(c, {"FILE", change->path, change->content.size()});
    content["url"] = content_url(c, change->path, at.commit);
    content["encoding"] = "base64";
    content["content"] = vault::encode_base64(change->content);
    json v = {{"url", content["url"]}, {"html_url", content["html_url"]}};
    v["content"] = std::move(content);
    auto told = (*files)->history(at, at.commit, 0, 1);
    if (!told || told->empty()) return told ? failure(errc::engine, "the commit is gone") : told.error();
    v["commit"] = server::commit_view(c, told->front());
    return answer{does == what::add ? 201 : 200, std::move(v), {}};
}

}  // namespace

result<answer> add_content(call& c) {
    return write(c, what::add);
}

result<answer> edit_content(call& c) {
    return write(c, what::replace);
}

result<answer> remove_content(call& c) {
    return write(c, what::remove);
}

}  // namespace latchkey::server
