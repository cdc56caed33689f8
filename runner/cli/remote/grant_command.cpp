// SPDX-License-Identifier: Apache-2.0
//
// latchkey grant, revoke and why, against a server.
#include "runner/cli/remote/commands.hpp"

#include <ostream>

namespace latchkey::cli::remote {

namespace {

struct named_pair {
    json integration;
    json pipeline;
    std::string grants;  // the address of the integration's permissions
};

result<named_pair> pair_named(place& p, const std::string& integration, const std::string& pipeline) {
    auto i = p.integration(integration);
    if (!i) return i.error();
    auto of = p.pipeline(pipeline);
    if (!of) return of.error();
    auto base = p.workspace_path();
    if (!base) return base.error();
    std::string grants = own(*base) + "/integrations/" + client::in_path(text_in(*i, "hash_id")) + "/grants";
    return named_pair{std::move(*i), std::move(*of), std::move(grants)};
}

}  // namespace

int grant_command(place& p, const grant_args& args) {
    context& c = p.c();
    if (!args.file.empty()) return c.usage("-f names a file here: say the pipeline's name, or its number, alone");
    if (args.once != !args.run.empty())
        return c.usage("--once and --run go together: the permission is for that run only");
    if (auto pattern = check_ref_pattern(args.ref); !pattern) return c.fail(pattern.error());
    auto named = pair_named(p, args.integration, args.pipeline);
    if (!named) return c.fail(named.error());
    json body = {{"pipeline_id", number_in(named->pipeline, "id")}};
    if (!args.ref.empty()) body["ref"] = args.ref;
    if (!args.expires.empty()) {
        const auto length = length_of_time(args.expires);
        if (!length) return c.usage("\"" + args.expires + "\" is no time from now: say 30m, 2h or 7d");
        body["expires_in"] = length->count();
    }
    if (args.once) {
        auto run = p.execution(args.run);
        if (!run) return c.fail(run.error());
        body["only_execution"] = number_in(*run, "id");
    }
    p.announce();
    auto made = p.api().call("POST", named->grants, body);
    if (!made) return c.fail(made.error());
    c.out << "\"" << plain(text_in(named->pipeline, "name")) << "\" may use "
          << plain(text_in(named->integration, "identifier"));
    if (!args.ref.empty()) c.out << " for " << plain(args.ref);
    if (const std::string end = text_in(*made, "expires_at"); !end.empty()) c.out << " until " << plain(end);
    if (args.once) c.out << " in run " << plain(args.run) << " only";
    c.out << "\n";
    return exit_success;
}

int revoke_command(place& p, const grant_args& args) {
    context& c = p.c();
    if (!args.file.empty()) return c.usage("-f names a file here: say the pipeline's name, or its number, alone");
    auto named = pair_named(p, args.integration, args.pipeline);
    if (!named) return c.fail(named.error());
    const std::string identifier = plain(text_in(named->integration, "identifier"));
    p.announce();
    auto done = p.api().call("DELETE", named->grants + "/" + std::to_string(number_in(named->pipeline, "id")));
    if (!done && done.error().code == errc::not_found)
        return c.usage("\"" + args.pipeline + "\" has no permission to use " + identifier +
                       ": `latchkey integration show " + identifier + "` lists who has");
    if (!done) return c.fail(done.error());
    c.out << "\"" << plain(text_in(named->pipeline, "name")) << "\" may no longer use " << identifier << "\n";
    if (flag_in(named->integration, "all_pipelines_allowed"))
        c.err << "latchkey: but all pipelines are allowed to use it: `latchkey integration edit " << identifier
              << " --listed-pipelines` ends that\n";
    return exit_success;
}

int why_command(place& p, const why_args& args) {
    context& c = p.c();
    if (!args.user.empty()) return c.usage("a server explains what you may know: leave --user out");
    if (!args.file.empty()) return c.usage("-f names a file here: say the pipeline's name, or its number, alone");
    auto named = pair_named(p, args.integration, args.pipeline);
    if (!named) return c.fail(named.error());
    auto project = p.project_path();
    if (!project) return c.fail(project.error());
    std::string path = own(*project) + "/pipelines/" + std::to_string(number_in(named->pipeline, "id")) + "/why/" +
                       client::in_path(text_in(named->integration, "identifier"));
    if (!args.ref.empty()) {
        auto ref = ref_named(args.ref);
        if (!ref) return c.fail(ref.error());
        path += "?ref=" + client::in_path(ref->name);
    }
    auto e = p.api().get(path);
    if (!e) return c.fail(e.error());
    if (args.json) {
        c.out << one_line(*e) << "\n";
        return exit_success;
    }
    const bool allowed = flag_in(*e, "allowed");
    c.out << (allowed ? c.green("allowed") : c.red("not allowed")) << ": pipeline \""
          << plain(text_in(*e, "pipeline")) << "\" and " << plain(text_in(*e, "integration")) << "\n";
    std::vector<std::vector<std::string>> rows;
    for (const json& r : list_in(*e, "rules"))
        rows.push_back({flag_in(r, "passed") ? "✓" : "✗", plain(text_in(r, "finding")),
                        flag_in(r, "settles") ? "← this settles it" : ""});
    c.out << aligned(rows, "  ");
    std::string able;
    for (const json& g : list_in(*e, "can_grant"))
        able += (able.empty() ? "" : ", ") + plain(text_in(g, "who")) + " (" + plain(text_in(g, "level")) + ")";
    const std::string ref = text_in(*e, "ref");
    rows = {{"decision", std::to_string(number_in(*e, "decision")) + " at policy revision " +
                             std::to_string(number_in(*e, "revision"))},
            {"ref", ref.empty() ? "none" : plain(ref)}};
    if (!able.empty()) rows.push_back({"can grant", able});
    if (!allowed && !able.empty())
        rows.push_back({"grant", "latchkey grant " + plain(text_in(named->integration, "identifier")) +
                                     " --pipeline " + plain(text_in(named->pipeline, "name"))});
    c.out << aligned(rows, "  ");
    return exit_success;
}

}  // namespace latchkey::cli::remote
