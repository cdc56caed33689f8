// SPDX-License-Identifier: Apache-2.0
// What is to be known of an integration besides itself: who ends up with which level, which runs have used it, what
// was done to it, which pipelines name it, and letting those alone use it that did.
#include "pipelines/integrations.hpp"
#include "pipelines/parse.hpp"
#include "policy/decision.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/integration_input.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_rows.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/through.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace latchkey::server {

namespace {

constexpr int at_once = 500;
constexpr int most_looked_at = 5000;
constexpr int most_counted = 50'000;
constexpr std::size_t most_pipelines = 2000;

struct chosen {
    store::integration_record record;
    policy::snapshot facts;
};

// The one that the address names, where the caller has this level on it. denied: they see it and have less.
result<chosen> choose(const call& c, policy::level least) {
    auto record = integration_at(c);
    if (!record) return record.error();
    const policy::integration_id id = record->rights.id;
    auto facts = c.server.stores.runs->snapshot(policy::pipeline_id(), {&id, 1});
    if (!facts) return facts.error();
    if (policy::level_of(*facts, c.actor(), id) < least)
        return failure(errc::denied, least == policy::level::manage ? "that needs Manage on the integration"
                                                                    : "that needs Use on the integration");
    return chosen{std::move(*record), std::move(*facts)};
}

std::string fact_of(const policy::audit_entry& e, std::string_view name) {
    const auto at = std::ranges::find(e.facts, name, &std::pair<std::string, std::string>::first);
    return at == e.facts.end() ? std::string() : at->second;
}

std::int64_t number_of(const policy::audit_entry& e, std::string_view name) {
    const std::string text = fact_of(e, name);
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// What a run asked for or was given; null: it is of a question, not of a run.
result<json> view_use(call& c, run_rows& rows, const policy::audit_entry& e) {
    const std::int64_t number = number_of(e, "run");
    if (number <= 0) return json();
    const bool decided = e.kind == policy::audit_kind::decision;
    json v = {{"date", time_text(e.at)},
              {"kind", policy::to_string(e.kind)},
              {"actor", person(c, e.actor)},
              {"allowed", !decided || fact_of(e, "allowed") == "yes"},
              {"verdict", decided ? json(fact_of(e, "verdict")) : json()},
              {"pipeline", nullptr},
              {"project", nullptr},
              {"execution", nullptr},
              {"subject", nullptr}};
    auto run = c.server.stores.runs->run(policy::run_id(number));
    if (!run && run.error().code == errc::not_found) return v;
    if (!run) return run.error();
    const auto may = rows.may_read(*run);
    if (!may) return may.error();
    // That it was used is shown to who may use it; by what, to who may read that.
    if (!*may) return v;
    const json shown = view(c, *run);
    v["pipeline"] = pipeline_named(run->pipeline, run->pipeline_name);
    v["project"] = project_named(*c.project);
    v["execution"] = {{"id", run->number}, {"url", shown["url"]}, {"html_url", shown["html_url"]}};
    v["subject"] = fact_of(e, "subject");
    return v;
}

// The time up to which the log does not say what it was used for; none: it says all.
result<std::optional<policy::time_point>> unseen_until(store::store& s, const store::integration_record& r) {
    const auto mark = s.integrations_audited_after();
    if (!mark) return mark.error();
    return r.created_at > *mark ? std::nullopt : std::optional(*mark);
}

// The pages of a list that ends where the log does not say more.
result<answer> told_from(call& c, const chosen& of, const char* name, json all, bool more, std::int64_t before) {
    const auto unseen = unseen_until(*c.server.stores.runs, of.record);
    if (!unseen) return unseen.error();
    return answer{200,
                  {{name, std::move(all)},
                   {"next", more ? json(before) : json()},
                   {"complete", !unseen->has_value()},
                   {"complete_since", *unseen ? json(time_text(**unseen)) : json()}},
                  {}};
}

// Which grants there are, and what else the integration is. Ids are never used again: whatever is made or taken
// changes how many there are or which is the last.
std::string etag_of(const store::integration_record& r, const std::vector<policy::grant>& grants) {
    const std::int64_t last = grants.empty() ? 0 : grants.back().id.value();
    return "\"" + std::to_string(r.changed_at.time_since_epoch().count()) + "-" + std::to_string(grants.size()) +
           "-" + std::to_string(last) + "\"";
}

std::int64_t from_the_newest(std::int64_t before) {
    return before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
}

// "30d", "12h"; none: it is neither.
std::optional<std::chrono::hours> time_span(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc() || value < 1 || value > 100'000 || end + 1 != text.data() + text.size())
        return std::nullopt;
    if (*end == 'h') return std::chrono::hours(value);
    if (*end == 'd') return std::chrono::hours(24 * value);
    return std::nullopt;
}

struct used {
    std::set<std::int64_t> runs;
    policy::time_point last{};
    std::int64_t last_run = 0;
};

struct users_found {
    std::map<std::int64_t, used> pipelines;
    bool complete = true;  // all of the time was looked at
};

// Which pipelines were allowed to use it since then.
result<users_found> users_since(store::store& s, const store::integration_record& r, policy::time_point since) {
    const auto unseen = unseen_until(s, r);
    if (!unseen) return unseen.error();
    const policy::integration_id id = r.rights.id;
    users_found found;
    found.complete = !*unseen || since > **unseen;
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    for (int looked_at = 0; looked_at < most_counted; looked_at += at_once) {
        auto some = s.audit_of(id, store::audit_part::uses, before, at_once);
        if (!some) return some.error();
        for (const policy::audit_entry& e : *some) {
            before = e.sequence;
            if (e.at < since) return found;
            const std::int64_t run = number_of(e, "run");
            const std::int64_t pipeline = number_of(e, "pipeline");
            if (e.kind != policy::audit_kind::decision || fact_of(e, "allowed") != "yes" || run <= 0 || pipeline <= 0)
                continue;
            used& u = found.pipelines[pipeline];
            u.runs.insert(run);
            if (e.at > u.last) {
                u.last = e.at;
                u.last_run = run;
            }
        }
        if (static_cast<int>(some->size()) < at_once) return found;
    }
    found.complete = false;
    return found;
}

// Of a definition, the names of the actions that use it; the pipeline's own use is "".
std::vector<std::string> actions_naming(const call& c, policy::project_id project, const std::string& definition,
                                        const std::string& name, policy::integration_id wanted,
                                        std::map<std::string, bool>& known) {
    std::vector<std::string> all;
    const pipelines::parsed read = pipelines::parse(pipelines::source("definition", definition));
    const auto is_it = [&](const std::string& reference) {
        const auto at = known.find(reference);
        if (at != known.end()) return at->second;
        const auto found = c.server.stores.runs->find_integration(project, reference);
        return known[reference] = found && found->rights.id == wanted;
    };
    for (const pipelines::pipeline& p : read.model.pipelines) {
        if (read.model.pipelines.size() > 1 && p.id.value != name) continue;
        for (const auto& r : p.integrations)
            if (is_it(r.value)) all.emplace_back();
        for (const pipelines::action& a : p.actions)
            if (std::ranges::any_of(a.integrations, [&](const auto& r) { return is_it(r.value); }))
                all.push_back(a.name.value);
    }
    return all;
}

}  // namespace

result<answer> list_effective_levels(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto of = choose(c, policy::level::manage);
    if (!of) return of.error();
    auto members = c.server.stores.people->members(c.workspace->id, *page);
    if (!members) return members.error();
    const policy::integration_id id = of->record.rights.id;
    constexpr std::string_view roles[] = {"member", "administrator", "owner"};
    json all = json::array();
    for (const store::member_record& m : *members) {
        const policy::user* u = of->facts.find(m.user.rights.id);
        if (u == nullptr) continue;
        all.push_back({{"user", view(c, m, false)},
                       {"level", to_word(policy::level_of(of->facts, u->id, id))},
                       {"through", view_of_through(c, *of->facts.find(id), *u)},
                       {"role", roles[static_cast<std::size_t>(u->role)]}});
    }
    return answer{
        200,
        list_of(c.own_url() + "/integrations/" + of->record.hash_id + "/effective", "users", std::move(all)),
        {}};
}

result<answer> list_usage(call& c) {
    const auto from = cursor_of(c);
    if (!from) return from.error();
    auto of = choose(c, policy::level::use_only);
    if (!of) return of.error();
    run_rows rows(c);
    json all = json::array();
    std::int64_t before = from_the_newest(from->before);
    bool more = true;
    for (int looked_at = 0; more && looked_at < most_looked_at; looked_at += at_once) {
        auto some = c.server.stores.runs->audit_of(of->record.rights.id, store::audit_part::uses, before, at_once);
        if (!some) return some.error();
        more = static_cast<int>(some->size()) == at_once;
        for (const policy::audit_entry& e : *some) {
            if (static_cast<int>(all.size()) == from->limit) {
                more = true;
                looked_at = most_looked_at;
                break;
            }
            before = e.sequence;
            auto v = view_use(c, rows, e);
            if (!v) return v.error();
            if (!v->is_null()) all.push_back(std::move(*v));
        }
    }
    return told_from(c, *of, "usage", std::move(all), more, before);
}

result<answer> list_integration_audit(call& c) {
    const auto from = cursor_of(c);
    if (!from) return from.error();
    auto of = choose(c, policy::level::manage);
    if (!of) return of.error();
    auto found = c.server.stores.runs->audit_of(of->record.rights.id, store::audit_part::all,
                                                from_the_newest(from->before), from->limit);
    if (!found) return found.error();
    json all = json::array();
    for (const policy::audit_entry& e : *found) all.push_back(view(c, e));
    const bool more = static_cast<int>(found->size()) == from->limit;
    return told_from(c, *of, "entries", std::move(all), more, more ? found->back().sequence : 0);
}

result<answer> list_used_by(call& c) {
    auto of = choose(c, policy::level::use_only);
    if (!of) return of.error();
    const policy::integration& rights = of->record.rights;
    store::store& s = *c.server.stores.runs;
    store::page every;
    every.limit = 10'000;
    auto projects = c.server.stores.people->projects(c.workspace->id, every);
    if (!projects) return projects.error();
    json all = json::array();
    std::int64_t hidden = 0;
    std::size_t looked_at = 0;
    bool complete = true;
    for (const store::team_project_record& project : *projects) {
        if (rights.scope == policy::scope::project && project.id != rights.project) continue;
        auto pipelines = c.server.stores.pipelines->list(project.id);
        if (!pipelines) return pipelines.error();
        std::map<std::string, bool> known;
        for (const store::team_pipeline_record& p : *pipelines) {
            if (++looked_at > most_pipelines) {
                complete = false;
                break;
            }
            std::string definition = p.definition;
            if (definition.empty()) {
                // In git: as its last run had it.
                auto last = s.runs({std::nullopt, p.rights.id, 1});
                if (!last) return last.error();
                if (last->empty()) continue;
                auto kept = s.definition_of(last->front().id);
                if (!kept) return kept.error();
                definition = std::move(*kept);
            }
            const auto actions = actions_naming(c, project.id, definition, p.name, rights.id, known);
            if (actions.empty()) continue;
            auto facts = s.snapshot(p.rights.id, {});
            if (!facts) return facts.error();
            if (policy::access_to(*facts, c.actor(), p.rights.id) <= policy::pipeline_level::denied) {
                ++hidden;
                continue;
            }
            all.push_back({{"pipeline", pipeline_named(p.rights.id, p.name)},
                           {"project", project_named(project)},
                           {"actions", actions},
                           {"from", p.definition.empty() ? "last run" : "saved"}});
        }
    }
    return answer{200, {{"pipelines", std::move(all)}, {"hidden", hidden}, {"complete", complete}}, {}};
}

result<answer> preview_grants(call& c) {
    std::string span = text_asked(c, "used_within");
    if (span.empty()) span = "30d";
    const auto time = time_span(span);
    if (!time) return failure(errc::usage, "`used_within` must be a time like 30d or 12h");
    auto of = choose(c, policy::level::manage);
    if (!of) return of.error();
    store::store& s = *c.server.stores.runs;
    const policy::time_point since = c.now() - *time;
    const auto grants = s.grants(of->record.rights.id);
    if (!grants) return grants.error();
    auto found = users_since(s, of->record, since);
    if (!found) return found.error();
    json all = json::array();
    for (const auto& [number, u] : found->pipelines) {
        auto pipeline = s.pipeline(policy::pipeline_id(number));
        if (!pipeline && pipeline.error().code != errc::not_found) return pipeline.error();
        if (!pipeline || pipeline->retired) continue;
        auto project = c.server.stores.people->project_with(c.workspace->id, pipeline->project);
        if (!project && project.error().code != errc::not_found) return project.error();
        if (!project) continue;
        auto run = s.run(policy::run_id(u.last_run));
        all.push_back({{"pipeline", pipeline_named(pipeline->id, pipeline->name)},
                       {"project", project_named(*project)},
                       {"uses", u.runs.size()},
                       {"last_used", time_text(u.last)},
                       {"last_execution", run ? json(run->number) : json()}});
    }
    return answer{200,
                  {{"used_within", span},
                   {"since", time_text(since)},
                   {"complete", found->complete},
                   {"pipelines", std::move(all)}},
                  {{"ETag", etag_of(of->record, *grants)}}};
}

result<answer> replace_grants(call& c) {
    auto of = choose(c, policy::level::manage);
    if (!of) return of.error();
    const std::string* if_match = c.request.header("If-Match");
    if (if_match == nullptr)
        return problem(428, "say with If-Match which state of the integration this replaces: its ETag");
    auto seen = c.server.stores.runs->grants(of->record.rights.id);
    if (!seen) return seen.error();
    const auto changed = [] {
        return answer{412,
                      {{"errors", json::array({{{"message",
                                                 "the integration or who may use it was changed since: look "
                                                 "at the preview again"}}})}},
                      {}};
    };
    if (*if_match != etag_of(of->record, *seen)) return changed();
    if (!c.body.is_object() || !c.body.contains("pipelines") || !c.body["pipelines"].is_array())
        return failure(errc::usage, "`pipelines` must be a list of numbers");
    std::vector<policy::pipeline_id> allowed;
    for (const json& each : c.body["pipelines"]) {
        if (!each.is_number_integer() || allowed.size() >= most_pipelines)
            return failure(errc::usage, "`pipelines` must be a list of numbers, of " +
                                            std::to_string(most_pipelines) + " at most");
        const policy::pipeline_id id(each.get<std::int64_t>());
        if (std::ranges::find(allowed, id) == allowed.end()) allowed.push_back(id);
    }
    store::integration_record wanted = of->record;
    wanted.rights.all_pipelines_allowed = false;
    auto edited = c.server.stores.runs->edit_integration(wanted, c.actor(), c.now(), std::move(allowed), *seen);
    if (!edited && edited.error().code == errc::conflict) return changed();
    if (!edited) return edited.error();
    auto v = view_of_grants(c, *edited);
    if (!v) return v.error();
    return answer{200, {{"all_pipelines_allowed", false}, {"grants", std::move(*v)}}, {}};
}

}  // namespace latchkey::server
