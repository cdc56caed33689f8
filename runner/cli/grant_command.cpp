// SPDX-License-Identifier: Apache-2.0
//
// latchkey grant, revoke, why.
#include "runner/cli/commands.hpp"
#include "runner/cli/environment.hpp"
#include "runner/cli/files.hpp"
#include "runner/cli/json.hpp"
#include "runner/run/missing.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::cli {

namespace {

// The integration and the pipeline that a command names.
struct pair {
    store::integration_record integration;
    store::pipeline_record pipeline;
    store::user_record user;
    store::store* store = nullptr;
};

result<pair> pair_named(context& c, const std::string& integration, const std::string& pipeline,
                        const std::string& file, purpose why) {
    auto s = c.store();
    if (!s) return s.error();
    auto user = c.user();
    if (!user) return user.error();
    auto record = integration_named(c, integration);
    if (!record) return record.error();
    auto chosen = find_pipeline(c, pipeline, file, why);
    if (!chosen) return chosen.error();
    return pair{std::move(*record), std::move(*chosen), std::move(*user), *s};
}

// The pipelines of this project with this name that have a permission. Looked up by their permissions and not in a
// file: what is taken away may be gone from its file, or the file be broken.
result<std::vector<store::pipeline_record>> permitted(context& c, const store::integration_record& integration,
                                                      const grant_args& args) {
    auto s = c.store();
    if (!s) return s.error();
    auto project = c.project();
    if (!project) return project.error();
    auto grants = (*s)->grants(integration.rights.id);
    if (!grants) return grants.error();
    const std::string file = args.file.empty() ? "" : name_in_project(c, args.file);
    std::vector<store::pipeline_record> found;
    for (const policy::grant& g : *grants) {
        auto pipeline = (*s)->pipeline(g.pipeline);
        if (!pipeline) return pipeline.error();
        const bool meant = pipeline->project == project->id && pipeline->name == args.pipeline &&
                           (file.empty() || pipeline->file == file);
        if (meant && std::ranges::find(found, pipeline->id, &store::pipeline_record::id) == found.end())
            found.push_back(std::move(*pipeline));
    }
    return found;
}

}  // namespace

int grant_command(context& c, const grant_args& args) {
    if (args.once != !args.run.empty())
        return c.usage("--once and --run go together: the permission is for that run only");
    if (auto pattern = check_ref_pattern(args.ref); !pattern) return c.fail(pattern.error());
    auto p = pair_named(c, args.integration, args.pipeline, args.file, purpose::use);
    if (!p) return c.fail(p.error());
    policy::grant g;
    g.integration = p->integration.rights.id;
    g.pipeline = p->pipeline.id;
    g.granted_by = p->user.rights.id;
    g.granted_at = c.now();
    g.ref_pattern = args.ref;
    if (!args.expires.empty()) {
        auto end = time_from_now(c, args.expires);
        if (!end) return c.fail(end.error());
        g.expires = *end;
    }
    if (args.once) {
        auto run = run_named(c, args.run);
        if (!run) return c.fail(run.error());
        g.only_run = run->id;
        g.from_run = run->id;
    }
    auto added = p->store->add_grant(g, p->user.rights.id);
    if (!added) return c.fail(added.error());
    c.out << "\"" << plain(p->pipeline.name) << "\" may use " << plain(p->integration.identifier);
    if (!args.ref.empty()) c.out << " for " << plain(args.ref);
    if (g.expires) c.out << " until " << policy::format_utc(std::chrono::floor<std::chrono::seconds>(*g.expires));
    if (args.once) c.out << " in run " << plain(args.run) << " only";
    c.out << "\n";
    return exit_success;
}

int revoke_command(context& c, const grant_args& args) {
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto user = c.user();
    if (!user) return c.fail(user.error());
    auto integration = integration_named(c, args.integration);
    if (!integration) return c.fail(integration.error());
    auto pipelines = permitted(c, *integration, args);
    if (!pipelines) return c.fail(pipelines.error());
    if (pipelines->empty())
        return c.usage("\"" + args.pipeline + "\" has no permission to use " + integration->identifier +
                       ": `latchkey integration show " + integration->identifier + "` lists who has");
    for (const store::pipeline_record& p : *pipelines) {
        auto count = (*s)->revoke(integration->rights.id, p.id, user->rights.id, c.now());
        if (!count) return c.fail(count.error());
    }
    c.out << "\"" << plain(args.pipeline) << "\" may no longer use " << plain(integration->identifier) << "\n";
    if (integration->rights.all_pipelines_allowed)
        c.err << "latchkey: but all pipelines are allowed to use it: `latchkey integration edit "
              << plain(integration->identifier) << " --listed-pipelines` ends that\n";
    return exit_success;
}

int why_command(context& c, const why_args& args) {
    auto p = pair_named(c, args.integration, args.pipeline, args.file, purpose::look);
    if (!p) return c.fail(p.error());
    if (!args.user.empty() && args.user != p->user.email && args.user != "you")
        return c.usage("the local store knows one user, you: there is no \"" + args.user + "\"");
    auto facts = p->store->snapshot(p->pipeline.id, std::span(&p->integration.rights.id, 1));
    if (!facts) return c.fail(facts.error());
    auto id = p->store->next_decision_id(1);
    if (!id) return c.fail(id.error());
    policy::use_request request;
    request.id = *id;
    request.pipeline = p->pipeline.id;
    request.integration = p->integration.rights.id;
    request.source = policy::source_trust::trusted;
    request.now = c.now();
    if (!args.ref.empty()) {
        auto ref = ref_named(args.ref);
        if (!ref) return c.fail(ref.error());
        request.ref = *ref;
    } else if (auto git = git_facts_of(c.project_root()); git && *git) {
        request.ref = (*git)->ref;
    }
    explained e{p->pipeline.name,
                p->integration.name + " (" + p->integration.identifier + ")",
                policy::explain(*facts, request, p->user.rights.id),
                {}};
    const policy::decision& d = e.explanation.decision;
    for (const policy::grantor& g : e.explanation.can_grant) {
        const auto who = p->store->user(g.user);
        e.can_grant.push_back({g.user == p->user.rights.id ? "you"
                               : who                       ? who->email
                                                           : "?",
                               std::string(run::name_of(g.access))});
    }
    const store::decision_record asked{d, "asked by `why`"};
    if (auto noted = p->store->record_decisions(std::span(&asked, 1), p->user.rights.id, request.now); !noted)
        return c.fail(noted.error());
    if (args.json) {
        c.out << json_of_explanation(e) << "\n";
        return exit_success;
    }
    c.out << (d.allowed() ? c.green("allowed") : c.red("not allowed")) << ": pipeline \"" << plain(e.pipeline)
          << "\" and " << plain(e.integration) << "\n";
    std::vector<std::vector<std::string>> rows;
    for (const policy::considered& r : e.explanation.rules)
        rows.push_back({r.passed ? "✓" : "✗", plain(r.finding), r.settled ? "← this settles it" : ""});
    c.out << aligned(rows, "  ");
    std::string able;
    for (const run::able_to_grant& g : e.can_grant)
        able += (able.empty() ? "" : ", ") + plain(g.who) + " (" + g.level + ")";
    std::vector<std::vector<std::string>> more = {
        {"decision", std::to_string(d.id().value()) + " at policy revision " + std::to_string(d.revision().value())},
        {"ref", request.ref.name.empty() ? "none" : plain(request.ref.name)}};
    if (!able.empty()) more.push_back({"can grant", able});
    if (!d.allowed() && !able.empty())
        more.push_back({"grant", "latchkey grant " + plain(p->integration.identifier) + " --pipeline " +
                                     plain(p->pipeline.name)});
    c.out << aligned(more, "  ");
    return exit_success;
}

}  // namespace latchkey::cli
