// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/json.hpp"

#include "runner/run/missing_json.hpp"
#include "runner/server/levels.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::cli {

namespace {

using json = nlohmann::ordered_json;

std::string text_of(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

json time_of(const std::optional<policy::time_point>& t) {
    return t ? json(policy::format_utc(*t)) : json(nullptr);
}

json run_of(const store::run_record& run) {
    json attempts = json::array();
    for (const store::attempt_record& a : run.attempts)
        attempts.push_back({{"number", a.number},
                            {"status", run::to_string(a.status)},
                            {"created_at", policy::format_utc(a.created_at)},
                            {"started_at", time_of(a.started_at)},
                            {"ended_at", time_of(a.ended_at)},
                            {"error", a.error}});
    return {{"number", run.number},
            {"pipeline", run.pipeline_name},
            {"status", run::to_string(run.attempts.back().status)},
            {"created_at", policy::format_utc(run.created_at)},
            {"file", run.source.file},
            {"commit", run.source.commit},
            {"ref", run.source.ref.name},
            {"attempts", attempts}};
}

std::string_view name_of(run::outcome o) {
    switch (o) {
        case run::outcome::succeeded:
            return "succeeded";
        case run::outcome::failed:
            return "failed";
        case run::outcome::denied:
            return "denied";
        case run::outcome::cancelled:
            return "cancelled";
        case run::outcome::invalid:
            return "invalid";
        case run::outcome::skipped:
            return "skipped";
    }
    return "failed";
}

json permissions_of(const policy::integration& i) {
    return {{"admins", server::to_word(i.admins)}, {"others", server::to_word(i.others)}};
}

}  // namespace

std::string json_of_plan_start(const store::run_record& run, int attempt, const std::vector<std::string>& actions) {
    return text_of({{"kind", "run"},
                    {"number", run.number},
                    {"pipeline", run.pipeline_name},
                    {"attempt", attempt},
                    {"actions", actions}});
}

std::string json_of_event(const run::event& e, const std::vector<std::string>& actions) {
    json j = {{"kind", run::to_string(e.kind)}, {"sequence", e.sequence}, {"at", policy::format_utc(e.at)}};
    if (e.action >= 0) {
        j["action"] = e.action;
        if (static_cast<std::size_t>(e.action) < actions.size())
            j["name"] = actions[static_cast<std::size_t>(e.action)];
    }
    if (e.status != run::status::initial) j["status"] = run::to_string(e.status);
    if (e.reason != run::end_reason::none) j["reason"] = run::to_string(e.reason);
    if (e.number != 0) j["number"] = e.number;
    if (!e.text.empty()) j["text"] = e.text;
    return text_of(j);
}

std::string json_of_outcome(const run::finished_attempt& f, int exit_code) {
    json j = {{"kind", "outcome"}, {"outcome", name_of(f.outcome)}, {"exit_code", exit_code}};
    if (f.outcome != run::outcome::invalid) {
        j["run"] = run_of(f.run);
        j["attempt"] = f.attempt;
    }
    if (!f.missing.empty()) j["missing"] = run::json_of<json>(f.missing);
    if (!f.report.empty()) j["error_message"] = f.report;
    return text_of(j);
}

std::string json_of_runs(const std::vector<store::run_record>& runs, const std::vector<std::string>& tests) {
    json list = json::array();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        json run = run_of(runs[i]);
        if (!tests[i].empty()) run["tests"] = tests[i];
        list.push_back(std::move(run));
    }
    return text_of({{"runs", list}});
}

std::string json_of_diagnostics(const pipelines::source& source, const pipelines::diagnostics& problems) {
    json list = json::array();
    for (const pipelines::diagnostic& d : problems) {
        const pipelines::position p = source.at(d.where.begin);
        list.push_back({{"file", source.name()},
                        {"line", p.line},
                        {"column", p.column},
                        {"severity", d.severity == pipelines::severity::error ? "error" : "warning"},
                        {"code", d.code},
                        {"message", d.message},
                        {"help", d.help}});
    }
    return text_of({{"file", source.name()}, {"valid", !pipelines::has_errors(problems)}, {"problems", list}});
}

std::string json_of_integrations(const std::vector<store::integration_record>& all) {
    json list = json::array();
    for (const store::integration_record& i : all) {
        json fields = json::array();
        for (const vault::sealed_field& f : i.fields) fields.push_back(f.name);
        json settings = json::object();
        for (const auto& [name, value] : i.settings) settings[name] = value;
        list.push_back({{"hash_id", i.hash_id},
                        {"identifier", i.identifier},
                        {"name", i.name},
                        {"type", i.type},
                        {"scope", i.rights.scope == policy::scope::project ? "PROJECT" : "WORKSPACE"},
                        {"all_pipelines_allowed", i.rights.all_pipelines_allowed},
                        {"permissions", permissions_of(i.rights)},
                        {"settings", settings},
                        {"secret_fields", fields}});
    }
    return text_of({{"integrations", list}});
}

std::string json_of_audit_entry(const policy::audit_entry& e) {
    json facts = json::object();
    for (const auto& [key, value] : e.facts) facts[key] = value;
    return text_of({{"sequence", e.sequence},
                    {"at", policy::format_utc(e.at)},
                    {"kind", policy::to_string(e.kind)},
                    {"actor", e.actor.value()},
                    {"revision", e.revision.value()},
                    {"facts", facts},
                    {"hash", policy::to_hex(e.hash)}});
}

std::string json_of_plan(const pipelines::plan& plan, const std::vector<planned_use>& uses,
                         const std::vector<replaced_image>& replaced) {
    json actions = json::array();
    for (const pipelines::planned_action& p : plan.actions)
        actions.push_back({{"index", p.index},
                           {"name", p.name},
                           {"type", p.definition->type.value},
                           {"stage", p.stage},
                           {"may_run", p.may_run},
                           {"skipped_because", p.skipped_because.empty() ? json(nullptr) : json(p.skipped_because)}});
    json list = json::array();
    for (const planned_use& u : uses)
        list.push_back({{"action", u.action},
                        {"reference", u.reference},
                        {"line", u.where.line},
                        {"column", u.where.column},
                        {"integration", u.name.empty() ? json(nullptr) : json(u.name)},
                        {"allowed", u.allowed},
                        {"reason", u.reason}});
    json images = json::array();
    for (const replaced_image& r : replaced)
        images.push_back({{"action", r.action}, {"image", r.image}, {"stand_in", r.stand_in}});
    return text_of({{"pipeline", plan.pipeline},
                    {"skipped_because", plan.skipped_because.empty() ? json(nullptr) : json(plan.skipped_because)},
                    {"stages", plan.stages},
                    {"actions", actions},
                    {"integrations", list},
                    {"images", images}});
}

std::string json_of_explanation(const explained& e) {
    const policy::decision& d = e.explanation.decision;
    json rules = json::array();
    for (const policy::considered& c : e.explanation.rules)
        rules.push_back({{"rule", policy::to_string(c.rule)},
                         {"passed", c.passed},
                         {"settled", c.settled},
                         {"finding", c.finding}});
    json able = json::array();
    for (const run::able_to_grant& g : e.can_grant) able.push_back({{"who", g.who}, {"level", g.level}});
    return text_of({{"decision", d.id().value()},
                    {"allowed", d.allowed()},
                    {"verdict", policy::to_string(d.verdict())},
                    {"revision", d.revision().value()},
                    {"pipeline", e.pipeline},
                    {"integration", e.integration},
                    {"rules", rules},
                    {"can_grant", able}});
}

}  // namespace latchkey::cli
