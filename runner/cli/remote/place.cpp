// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/place.hpp"

#include "pipelines/diagnostic.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

bool is_number(const std::string& text) {
    return !text.empty() && text.size() < 18 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string listed(const std::vector<json>& items, const char* name) {
    std::string all;
    for (const json& item : items) all += (all.empty() ? "" : ", ") + text_in(item, name);
    return all;
}

}  // namespace

std::string own(const std::string& path) {
    return "/latchkey/v1" + path;
}

std::string path_of_execution(const std::string& project_path, const json& execution) {
    return project_path + "/pipelines/" + std::to_string(number_in(field(execution, "pipeline"), "id")) +
           "/executions/" + std::to_string(number_in(execution, "id"));
}

place::place(context& c, client::client api, login l) : context_(&c), api_(std::move(api)), login_(std::move(l)) {}

result<std::optional<place>> place::find(context& c, const place_args& args) {
    if (args.local) {
        if (args.said()) return failure(errc::usage, "--local has no workspaces and projects: leave one of them out");
        return std::optional<place>();
    }
    auto found = find_login();
    if (!found) return found.error();
    if (!*found) {
        if (args.said())
            return failure(errc::usage, "--workspace and --project are of a server: `latchkey login URL` first");
        return std::optional<place>();
    }
    login l = std::move(**found);
    if (!args.workspace.empty() && args.workspace != l.workspace) {
        l.workspace = args.workspace;
        l.project.clear();
    }
    if (!args.project.empty()) l.project = args.project;
    auto api = client_for(l);
    if (!api) return api.error();
    return std::optional<place>(std::in_place, c, std::move(*api), std::move(l));
}

result<std::string> place::workspace() {
    if (!login_.workspace.empty()) return login_.workspace;
    auto all = api_.all("/workspaces", "workspaces");
    if (!all) return all.error();
    if (all->empty()) return failure(errc::not_found, "you are in no workspace of " + api_.where().host);
    if (all->size() > 1)
        return failure(errc::usage,
                       "say which workspace with --workspace or LATCHKEY_WORKSPACE: " + listed(*all, "domain"));
    login_.workspace = text_in(all->front(), "domain");
    return login_.workspace;
}

result<std::string> place::workspace_path() {
    auto w = workspace();
    if (!w) return w.error();
    return "/workspaces/" + client::in_path(*w);
}

result<std::string> place::project() {
    if (!login_.project.empty()) return login_.project;
    auto base = workspace_path();
    if (!base) return base.error();
    auto all = api_.all(*base + "/projects", "projects");
    if (!all) return all.error();
    if (all->empty())
        return failure(errc::not_found, "the workspace " + login_.workspace +
                                            " has no project of yours: `latchkey project add NAME` makes one");
    if (all->size() > 1)
        return failure(errc::usage, "say which project with --project or LATCHKEY_PROJECT: " + listed(*all, "name"));
    login_.project = text_in(all->front(), "name");
    return login_.project;
}

result<std::string> place::project_path() {
    auto base = workspace_path();
    if (!base) return base.error();
    auto p = project();
    if (!p) return p.error();
    return *base + "/projects/" + client::in_path(*p);
}

void place::announce() {
    std::string where = login_.workspace;
    if (!login_.project.empty()) where += "/" + login_.project;
    context_->err << "latchkey: on " << plain(api_.where().base) << (where.empty() ? "" : ", ") << plain(where)
                  << "\n"
                  << std::flush;
}

// `fields` of an item may be what people call it, the first what the API does.
result<json> place::named(const std::string& path, const std::string& list, const std::string& what,
                          const std::vector<const char*>& fields, const std::string& reference,
                          const std::string& hint) {
    auto all = api_.all(path, list);
    if (!all) return all.error();
    std::vector<const json*> found;
    std::vector<std::string> known;
    for (const char* name : fields) {
        for (const json& item : *all) {
            const std::string text = text_in(item, name);
            if (!text.empty()) known.push_back(text);
            if (text == reference) found.push_back(&item);
        }
        if (!found.empty()) break;
    }
    if (found.empty() && is_number(reference))
        for (const json& item : *all)
            if (std::to_string(number_in(item, "id")) == reference) found.push_back(&item);
    if (found.size() > 1)
        return failure(errc::usage, "there are several " + what + "s \"" + reference + "\": say the number of one");
    if (found.size() == 1) return *found.front();
    const std::vector<std::string_view> names(known.begin(), known.end());
    const std::string_view near = pipelines::nearest(reference, names);
    return failure(errc::not_found, "there is no " + what + " \"" + reference + "\" there: " +
                                        (near.empty() ? hint : "did you mean \"" + std::string(near) + "\"?"));
}

result<json> place::pipeline(const std::string& reference) {
    auto base = project_path();
    if (!base) return base.error();
    if (!reference.empty())
        return named(*base + "/pipelines", "pipelines", "pipeline", {"name", "identifier"}, reference,
                     "`latchkey pipeline list` lists them");
    auto all = api_.all(*base + "/pipelines", "pipelines");
    if (!all) return all.error();
    if (all->size() == 1) return all->front();
    if (all->empty())
        return failure(errc::not_found, "the project " + login_.project + " has no pipeline of yours yet");
    return failure(errc::usage, "say which pipeline: " + listed(*all, "name"));
}

result<json> place::execution(const std::string& text) {
    const std::string digits = text.starts_with('#') ? text.substr(1) : text;
    if (!is_number(digits))
        return failure(errc::usage, "\"" + text + "\" is no run: `latchkey runs` lists their numbers");
    auto base = project_path();
    if (!base) return base.error();
    auto found = api_.get(own(*base) + "/executions/" + digits);
    if (!found && found.error().code == errc::not_found)
        return failure(errc::not_found, "there is no run " + digits + " in " + login_.workspace + "/" +
                                            login_.project + ": `latchkey runs` lists them");
    return found;
}

result<json> place::integration(const std::string& reference) {
    auto base = workspace_path();
    if (!base) return base.error();
    return named(*base + "/integrations", "integrations", "integration", {"identifier", "hash_id", "name"}, reference,
                 "`latchkey integration list` lists them");
}

result<json> place::member(const std::string& reference) {
    auto base = workspace_path();
    if (!base) return base.error();
    return named(*base + "/members", "members", "member", {"email"}, reference, "`latchkey member list` lists them");
}

result<json> place::group(const std::string& reference) {
    auto base = workspace_path();
    if (!base) return base.error();
    return named(*base + "/groups", "groups", "group", {"name"}, reference, "`latchkey group list` lists them");
}

result<json> place::permission_set(const std::string& reference) {
    auto base = workspace_path();
    if (!base) return base.error();
    return named(*base + "/permissions", "permission_sets", "role", {"name"}, reference,
                 "`latchkey project role list` shows those that are used");
}

}  // namespace latchkey::cli::remote
