// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.hpp"

#include "policy/conditions.hpp"

#include <array>
#include <cstdio>

namespace latchkey::policy {

namespace {

std::string grant_finding(const grant& g, const use_request& r) {
    std::string failed;
    const auto add = [&failed](const std::string& clause) {
        if (!failed.empty()) failed += ", ";
        failed += clause;
    };
    if (!holds_time(g, r)) add("expired at " + format_utc(*g.expires));
    if (!holds_ref(g, r))
        add("is for refs like " + g.ref_pattern + ", not " + (r.ref.name.empty() ? "no ref" : r.ref.name));
    if (!holds_run(g, r)) add("was for another run only");
    return failed.empty() ? "holds" : failed;
}

}  // namespace

explanation explain(const snapshot& s, const use_request& r, user_id asker) {
    explanation e{decide(s, r), {}, who_can_grant(s, asker, r.integration, r.pipeline)};
    const verdict v = e.decision.verdict();
    // Adds a rule; a required one that fails is where the decision ended.
    const auto consider = [&e](rule rule, bool passed, bool settled, std::string finding, grant_id grant = {}) {
        e.rules.push_back({rule, passed, settled, grant, std::move(finding)});
    };

    const integration* i = s.find(r.integration);
    const pipeline* p = s.find(r.pipeline);
    consider(rule::integration_exists, i != nullptr, v == verdict::unknown_integration,
             i != nullptr ? "the integration exists" : "there is no such integration");
    if (i == nullptr) return e;
    consider(rule::pipeline_exists, p != nullptr, v == verdict::unknown_pipeline,
             p != nullptr ? "the pipeline exists" : "there is no such pipeline");
    if (p == nullptr) return e;
    const bool covered = scope_covers(i->scope, i->project, p->project);
    consider(rule::scope_covers, covered, v == verdict::other_project,
             i->scope == scope::workspace ? "its scope is the workspace"
             : covered                    ? "its scope is this pipeline's project"
                                          : "its scope is another project");
    if (!covered) return e;

    const bool all = i->all_pipelines_allowed;
    consider(rule::all_pipelines_allowed, all, v == verdict::allowed_all_pipelines,
             all ? "all pipelines are allowed" : "only listed pipelines are allowed");
    bool allowed = all;
    if (!all) {
        const auto grants = s.grants(r.integration, r.pipeline);
        if (grants.empty())
            consider(rule::grant, false, v == verdict::not_granted, "this pipeline is not on the list");
        for (const grant& g : grants) {
            const bool holds = holds_time(g, r) && holds_ref(g, r) && holds_run(g, r);
            allowed = allowed || holds;
            const bool named = g.id == e.decision.grant() && v != verdict::untrusted_source;
            consider(rule::grant, holds, named, grant_finding(g, r), g.id);
        }
    }
    if (!allowed) return e;
    const bool trusted = source_trusted(s, r);
    consider(rule::source_is_trusted, trusted, v == verdict::untrusted_source,
             r.source == source_trust::trusted ? "the source is trusted"
             : trusted                         ? "the source is a fork, and a holder of Manage approved this run"
                                               : "the source is a fork, and nobody with Manage approved this run");
    return e;
}

std::string_view to_string(rule r) {
    switch (r) {
        case rule::integration_exists:
            return "integration_exists";
        case rule::pipeline_exists:
            return "pipeline_exists";
        case rule::scope_covers:
            return "scope_covers";
        case rule::all_pipelines_allowed:
            return "all_pipelines_allowed";
        case rule::grant:
            return "grant";
        case rule::source_is_trusted:
            return "source_is_trusted";
    }
    return "unknown";
}

std::string format_utc(time_point t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(t - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    std::string result = text.data();
    if (time.subseconds().count() != 0) {
        std::snprintf(text.data(), text.size(), ".%03d", static_cast<int>(time.subseconds().count()));
        result += text.data();
    }
    return result + "Z";
}

}  // namespace latchkey::policy
