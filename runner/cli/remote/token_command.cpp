// SPDX-License-Identifier: Apache-2.0
//
// latchkey token: access tokens of one's own, and for members that nobody signs in as.
#include "runner/cli/private_files.hpp"
#include "runner/cli/remote/team_support.hpp"

#include <ostream>

namespace latchkey::cli::remote {

namespace {

std::string scopes_of(const json& t) {
    std::string all;
    for (const json& s : list_in(t, "scopes"))
        if (s.is_string()) all += (all.empty() ? "" : " ") + plain(s.get<std::string>());
    return all;
}

}  // namespace

int token_list(place& p, const team_args& args) {
    return show_list(p.c(), p.api().all("/user/tokens", "access_tokens"), "access_tokens", args.json,
                     {{"ID", [](const json& t) { return cell_of(t, "id"); }},
                      {"NAME", [](const json& t) { return cell_of(t, "name"); }},
                      {"EXPIRES", [](const json& t) { return cell_of(t, "expires_at"); }},
                      {"FOR", scopes_of}},
                     "no tokens");
}

int token_add(place& p, const team_args& args) {
    context& c = p.c();
    json body = {{"name", args.name}, {"scopes", args.scopes}};
    if (!args.expires.empty()) {
        const auto length = length_of_time(args.expires);
        if (!length || length->count() % 86400 != 0)
            return c.usage("\"" + args.expires + "\" is no number of days: say 30d");
        body["expires_in"] = length->count() / 86400;
    }
    std::string path = "/user/tokens";
    if (!args.member.empty()) {
        auto base = p.workspace_path();
        if (!base) return c.fail(base.error());
        auto member = p.member(args.member);
        if (!member) return c.fail(member.error());
        path = own(*base) + "/members/" + std::to_string(number_in(*member, "id")) + "/tokens";
    }
    // The file first: a token that nobody can be shown is of no use.
    std::optional<new_private_file> file;
    if (!args.output.empty()) {
        auto made = new_private_file::make(args.output);
        if (!made) return c.fail(made.error());
        file.emplace(std::move(*made));
    }
    p.announce();
    auto made = p.api().call("POST", path, body);
    if (!made) return c.fail(made.error());
    std::string token = text_in(*made, "token");
    if (made->contains("token") && (*made)["token"].is_string())
        vault::wipe((*made)["token"].get_ref<std::string&>());
    if (!file) {
        c.err << "latchkey: this is shown once, here; it is the token " << plain(text_in(*made, "id")) << "\n";
        c.out << plain(token) << "\n" << std::flush;
        vault::wipe(token);
        return exit_success;
    }
    token += "\n";
    auto written = file->write(token);
    vault::wipe(token);
    if (!written) return c.fail(written.error());
    file->keep();
    c.out << "wrote the token " << plain(text_in(*made, "id")) << " to " << plain(args.output) << "\n";
    return exit_success;
}

int token_rm(place& p, const team_args& args) {
    p.announce();
    return said_when_done(p, p.api().call("DELETE", "/user/tokens/" + client::in_path(args.name)),
                          "removed the token " + args.name);
}

}  // namespace latchkey::cli::remote
