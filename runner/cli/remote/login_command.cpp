// SPDX-License-Identifier: Apache-2.0
//
// latchkey login, logout and whoami.
#include "runner/cli/remote/commands.hpp"
#include "runner/cli/secret_input.hpp"
#include "runner/vault/harden.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli::remote {

namespace {

result<vault::secret> token_for(context& c, const login_args& args, const std::string& host) {
    if (!args.token_file.empty()) return secret_from(c, args.token_file == "-" ? "-" : "@" + args.token_file);
    if (!c.interactive)
        return failure(errc::usage,
                       "a token is needed, and nobody is there to ask: give it with --token-file FILE, or - for "
                       "standard input");
    return ask_secret(c, "Token for " + plain(host));
}

// As people know the user: by an address, where the token may say it.
std::string user_of(const client::client& api, const json& user) {
    auto emails = api.get("/user/emails");
    if (emails)
        for (const json& e : list_in(*emails, "emails"))
            if (const std::string email = text_in(e, "email"); !email.empty()) return email;
    const std::string name = text_in(user, "name");
    return name.empty() ? "user " + std::to_string(number_in(user, "id")) : name;
}

std::string domains_of(const std::vector<json>& workspaces) {
    std::string all;
    for (const json& w : workspaces) all += (all.empty() ? "" : ", ") + text_in(w, "domain");
    return all;
}

// The one that was said, else the only one there is, else none.
result<std::string> workspace_for(const client::client& api, const std::string& said) {
    auto all = api.all("/workspaces", "workspaces");
    if (!all) return all.error();
    if (said.empty()) return all->size() == 1 ? text_in(all->front(), "domain") : std::string();
    for (const json& w : *all)
        if (text_in(w, "domain") == said) return said;
    return failure(errc::not_found, "you are in no workspace \"" + said + "\" there" +
                                        (all->empty() ? "" : ": there are " + domains_of(*all)));
}

}  // namespace

int login_command(context& c, const login_args& args) {
    vault::harden_process();
    login l;
    l.server = args.url;
    l.insecure_http = args.insecure_http;
    if (!args.ca_file.empty()) l.ca_file = std::filesystem::absolute(args.ca_file).string();
    // Before anything is asked.
    auto where = client::endpoint_from(
        l.server, l.insecure_http ? client::plain_http::anywhere : client::plain_http::to_this_machine);
    if (!where) return c.fail(failure(where.error().code, args.url + ": " + where.error().what));
    l.server = where->base;
    if (!where->encrypted && !where->this_machine)
        c.err << "latchkey: http to " << plain(where->host) << " shows the token to everybody on the way\n";
    auto token = token_for(c, args, where->host);
    if (!token) return c.fail(token.error());
    if (auto good = check_token(*token); !good) return c.fail(good.error());
    login asked = {l.server, l.ca_file, l.insecure_http, {}, {}, {}, vault::secret(std::string(token->reveal())), {}};
    auto api = client_for(asked);
    if (!api) return c.fail(api.error());
    auto user = api->get("/user");
    if (!user) return c.fail(user.error());
    l.user = user_of(*api, *user);
    auto workspace = workspace_for(*api, args.workspace);
    if (!workspace) return c.fail(workspace.error());
    l.workspace = *workspace;
    if (!args.project.empty()) {
        if (l.workspace.empty()) return c.usage("--project is of a workspace: say --workspace too");
        auto project =
            api->get("/workspaces/" + client::in_path(l.workspace) + "/projects/" + client::in_path(args.project));
        if (!project) return c.fail(project.error());
        l.project = text_in(*project, "name");
    }
    l.token = std::move(*token);
    if (auto kept = keep_login(l); !kept) return c.fail(kept.error());
    c.out << "logged in to " << plain(l.server) << " as " << plain(l.user) << "\n"
          << "commands act on it from now on; --local is for the store on this machine\n";
    if (l.workspace.empty()) c.out << "say --workspace with each, or LATCHKEY_WORKSPACE: there are several or none\n";
    return exit_success;
}

int logout_command(context& c) {
    auto gone = forget_login();
    if (!gone) return c.fail(gone.error());
    c.out << (*gone
                  ? "logged out; the token itself is still good: `latchkey token rm` takes it back while you are in\n"
                  : "there was no login\n");
    return exit_success;
}

int whoami_command(context& c) {
    auto found = find_login();
    if (!found) return c.fail(found.error());
    if (!*found) {
        c.out << "not logged in: commands act on the store on this machine\n";
        return exit_success;
    }
    login l = std::move(**found);
    auto api = client_for(l);
    if (!api) return c.fail(api.error());
    auto user = api->get("/user");
    if (!user) return c.fail(user.error());
    std::vector<std::vector<std::string>> rows = {{"user", plain(user_of(*api, *user))},
                                                  {"server", plain(api->where().base)}};
    if (!l.workspace.empty()) rows.push_back({"workspace", plain(l.workspace)});
    if (!l.project.empty()) rows.push_back({"project", plain(l.project)});
    auto token = api->get("/user/token");
    if (token) {
        std::string scopes;
        for (const json& s : list_in(*token, "scopes"))
            if (s.is_string()) scopes += (scopes.empty() ? "" : " ") + s.get<std::string>();
        rows.push_back({"token", plain(text_in(*token, "name")) + ": " + plain(scopes)});
        if (const std::string end = text_in(*token, "expires_at"); !end.empty())
            rows.push_back({"expires", plain(end)});
    }
    rows.push_back({"from", l.from});
    c.out << aligned(rows);
    return exit_success;
}

}  // namespace latchkey::cli::remote
