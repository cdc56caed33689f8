// SPDX-License-Identifier: Apache-2.0
#include "runner/run/access.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/delivery.hpp"
#include "policy/explain.hpp"

#include <algorithm>
#include <map>

namespace latchkey::run {

namespace {

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string subject_of(const std::vector<use_place>& places) {
    std::string text;
    for (const use_place& p : places) {
        text += (text.empty() ? "action " : ", action ") + in_quotes(p.action) + " (" + p.file + ":" +
                std::to_string(p.line) + ":" + std::to_string(p.column) + ")";
        if (text.size() > 2000) return text + ", …";
    }
    return text;
}

// Why, in words. `grant` is the one that came nearest, if any.
std::string reason_of(policy::verdict v, const std::string& pipeline, const policy::grant* grant,
                      const policy::ref& ref) {
    const std::string permission = "its permission for pipeline " + in_quotes(pipeline);
    switch (v) {
        case policy::verdict::not_granted:
            return "pipeline " + in_quotes(pipeline) + " is not among its allowed pipelines";
        case policy::verdict::grant_expired:
            return permission + " ended" +
                   (grant != nullptr && grant->expires ? " at " + policy::format_utc(*grant->expires) : "");
        case policy::verdict::grant_other_ref:
            return permission + " is for refs like " + (grant != nullptr ? grant->ref_pattern : "") +
                   ", and this run has " + (ref.name.empty() ? "none" : ref.name);
        case policy::verdict::grant_other_run:
            return permission + " was for another run only";
        case policy::verdict::other_project:
            return "it belongs to another project";
        case policy::verdict::untrusted_source:
            return "the run's code comes from a fork, and nobody with Manage approved it";
        case policy::verdict::unknown_pipeline:
            return "pipeline " + in_quotes(pipeline) + " is no longer in its file";
        case policy::verdict::unknown_integration:
            return "there is no such integration here";
        case policy::verdict::allowed_all_pipelines:
        case policy::verdict::allowed_by_grant:
            break;
    }
    return "it is allowed";
}

}  // namespace

std::string_view name_of(policy::level l) {
    switch (l) {
        case policy::level::denied:
            return "None (Deny)";
        case policy::level::delete_only:
            return "None (Delete-only)";
        case policy::level::use_only:
            return "Use";
        case policy::level::manage:
            return "Manage";
    }
    return "None (Deny)";
}

// One integration with all the places that name it, or a reference that names none.
struct access::used {
    std::string reference;
    std::optional<store::integration_record> record;
    std::vector<use_place> places;  // none: it is used by actions only that are not executed now
};

struct access::judged {
    std::vector<used> all;
    std::vector<policy::decision> decisions;
};

access::~access() = default;

access::access(store::store& s, unlock unlock, wall_clock clock, run_identity run)
    : store_(s), unlock_(std::move(unlock)), clock_(std::move(clock)), run_(std::move(run)) {}

result<std::vector<access::used>> access::resolve(const pipelines::plan& plan, const pipelines::source& source,
                                                  const action_filter& look_at, const action_filter& executes) {
    std::vector<used> all;
    std::map<std::string, std::size_t> by_reference;
    std::map<policy::integration_id, std::size_t> by_id;
    for (const pipelines::integration_use& use : plan.uses) {
        if (!look_at(use.action)) continue;
        std::size_t at = 0;
        if (const auto known = by_reference.find(use.reference.value); known != by_reference.end()) {
            at = known->second;
        } else {
            used u{use.reference.value, std::nullopt, {}};
            auto record = store_.find_integration(run_.project, use.reference.value);
            if (!record && record.error().code != errc::not_found) return record.error();
            if (record) u.record = std::move(*record);
            // An identifier, a hash and a number may name the same one.
            const auto same = u.record ? by_id.find(u.record->rights.id) : by_id.end();
            at = same != by_id.end() ? same->second : all.size();
            if (at == all.size()) {
                if (u.record) by_id[u.record->rights.id] = at;
                all.push_back(std::move(u));
            }
            by_reference[use.reference.value] = at;
        }
        if (!executes(use.action)) continue;
        const pipelines::position place = source.at(use.reference.where.begin);
        use_place p{plan.actions[use.action].name, source.name(), place.line, place.column};
        all[at].places.push_back(std::move(p));
    }
    return all;
}

missing_integration access::describe(const used& u, const policy::snapshot& facts, const policy::use_request& request,
                                     policy::verdict verdict) const {
    missing_integration m;
    m.used_by = u.places;
    m.verdict = verdict;
    const auto pipeline = store_.pipeline(run_.pipeline);
    const std::string pipeline_name = pipeline ? pipeline->name : "?";
    if (!u.record) {
        m.name = u.reference;
        m.reason = reason_of(verdict, pipeline_name, nullptr, run_.ref);
        return m;
    }
    const policy::explanation e = policy::explain(facts, request, run_.actor);
    const policy::grant* nearest = nullptr;
    for (const policy::grant& g : facts.grants(request.integration, request.pipeline))
        if (g.id == e.decision.grant()) nearest = &g;
    m.reason = reason_of(verdict, pipeline_name, nearest, run_.ref);
    const bool trusted = run_.trust == policy::source_trust::trusted ||
                         policy::level_of(facts, run_.fork_approved_by, request.integration) == policy::level::manage;
    if (!trusted && verdict != policy::verdict::untrusted_source)
        m.reason += "; " + reason_of(policy::verdict::untrusted_source, pipeline_name, nullptr, run_.ref);
    if (run_.for_everyone) {
        m.integration = u.record->rights.id;
        return m;
    }
    // Existence is a secret: who may not see it learns no name and nobody to ask.
    if (!policy::may_see(facts, run_.actor, request.integration)) return m;
    m.integration = u.record->rights.id;
    m.name = u.record->name + " (" + u.record->identifier + ")";
    // A grant mends what grants decide; it does not move an integration to another project or make a fork trusted.
    const bool helps =
        trusted && verdict >= policy::verdict::not_granted && verdict <= policy::verdict::grant_other_run;
    for (const policy::grantor& g : e.can_grant) {
        if (!helps) break;
        if (g.user == run_.actor) m.may_grant = true;
        const auto user = store_.user(g.user);
        m.can_grant.push_back({g.user == run_.actor ? "you"
                               : user               ? user->email
                                                    : "?",
                               std::string(name_of(g.access))});
    }
    return m;
}

policy::use_request access::request_for(const used& u, policy::decision_id id, policy::time_point now) const {
    policy::use_request request;
    request.id = id;
    request.pipeline = run_.pipeline;
    request.integration = u.record ? u.record->rights.id : policy::integration_id();
    request.run = run_.run;
    request.ref = run_.ref;
    request.source = run_.trust;
    request.fork_approved_by = run_.fork_approved_by;
    request.now = now;
    return request;
}

result<policy::snapshot> access::facts_for(const std::vector<used>& all) {
    std::vector<policy::integration_id> ids;
    for (const used& u : all)
        if (u.record) ids.push_back(u.record->rights.id);
    return store_.snapshot(run_.pipeline, ids);
}

std::string access::name_for_messages(const used& u) const {
    return run_.for_everyone ? "an integration" : "the integration " + u.record->name;
}

result<std::vector<missing_integration>> access::explain(const pipelines::plan& plan, const pipelines::source& source,
                                                         const std::vector<bool>& not_executed) {
    std::vector<missing_integration> missing;
    const action_filter executes = [&](std::uint32_t a) { return a >= not_executed.size() || !not_executed[a]; };
    auto all = resolve(plan, source, executes, executes);
    if (!all) return all.error();
    auto facts = facts_for(*all);
    if (!facts) return facts.error();
    for (const used& u : *all) {
        const policy::use_request request = request_for(u, policy::decision_id(), clock_());
        const policy::decision d = policy::decide(*facts, request);
        if (!d.allowed()) missing.push_back(describe(u, *facts, request, d.verdict()));
    }
    return missing;
}

result<std::vector<policy::decision>> access::decide(const std::vector<used>& all,
                                                     std::vector<missing_integration>& missing,
                                                     std::vector<store::decision_record>& to_record) {
    auto facts = facts_for(all);
    if (!facts) return facts.error();
    auto first_id = store_.next_decision_id(static_cast<int>(all.size()));
    if (!first_id) return first_id.error();

    std::vector<policy::decision> decisions;
    const policy::time_point now = clock_();
    for (const used& u : all) {
        const policy::decision_id id(first_id->value() + static_cast<std::int64_t>(decisions.size()));
        const policy::use_request request = request_for(u, id, now);
        const policy::decision d = policy::decide(*facts, request);
        decisions.push_back(d);
        const std::string subject = u.places.empty() ? "an action of an earlier attempt" : subject_of(u.places);
        to_record.push_back({d, subject + (u.record ? "" : " names " + in_quotes(u.reference))});
        if (!d.allowed() && !u.places.empty()) missing.push_back(describe(u, *facts, request, d.verdict()));
    }
    return decisions;
}

result<void> access::record(const std::vector<store::decision_record>& decisions) {
    return store_.record_decisions(decisions, run_.actor, clock_());
}

result<std::vector<missing_integration>> access::preflight(const pipelines::plan& plan,
                                                           const pipelines::source& source,
                                                           const std::vector<bool>& not_executed) {
    std::vector<store::decision_record> decisions;
    auto missing = preflight(plan, source, not_executed, decisions);
    if (!missing) return missing;
    if (auto recorded = record(decisions); !recorded) return recorded.error();
    return missing;
}

result<std::vector<missing_integration>> access::preflight(const pipelines::plan& plan,
                                                           const pipelines::source& source,
                                                           const std::vector<bool>& not_executed,
                                                           std::vector<store::decision_record>& to_record) {
    std::vector<missing_integration> missing;
    judged_ = std::make_unique<judged>();
    if (plan.uses.empty()) return missing;
    const auto executes = [&](std::uint32_t a) { return a >= not_executed.size() || !not_executed[a]; };
    auto all = resolve(plan, source, [](std::uint32_t) { return true; }, executes);
    if (!all) return all.error();
    auto decisions = decide(*all, missing, to_record);
    if (!decisions) return decisions.error();
    judged_->all = std::move(*all);
    judged_->decisions = std::move(*decisions);
    return missing;
}

result<access::known_secrets> access::open_to_mask() {
    known_secrets known;
    if (!judged_) return known;
    for (std::size_t i = 0; i < judged_->all.size(); ++i) {
        const used& u = judged_->all[i];
        if (!u.record) continue;
        if (!judged_->decisions[i].allowed()) {
            known.closed.push_back(name_for_messages(u));
            continue;
        }
        if (auto opened = open(u, judged_->decisions[i], "to be masked", known.all.emplace_back()); !opened)
            return opened.error();
    }
    return known;
}

result<access::delivery> access::deliver(const pipelines::plan& plan, const pipelines::source& source,
                                         std::uint32_t action) {
    delivery d;
    const auto only_this = [action](std::uint32_t a) { return a == action; };
    auto all = resolve(plan, source, only_this, only_this);
    if (!all) return all.error();
    if (all->empty()) return d;
    std::vector<store::decision_record> to_record;
    auto decisions = decide(*all, d.denied, to_record);
    if (!decisions) return decisions.error();
    if (auto done = record(to_record); !done) return done.error();
    if (!d.denied.empty()) return d;
    for (std::size_t i = 0; i < all->size(); ++i)
        if (auto opened = open((*all)[i], (*decisions)[i], subject_of((*all)[i].places), d.secrets); !opened)
            return opened.error();
    return d;
}

result<void> access::open(const used& u, const policy::decision& decision, const std::string& subject,
                          action_secrets& out) {
    const store::integration_record& record = *u.record;
    const pipelines::integration_type* type = pipelines::find_integration_type(record.type);
    if (type == nullptr)
        return failure(errc::refused, name_for_messages(u) + " has a type that this version does not know" +
                                          (run_.for_everyone ? "" : ": " + record.type));
    auto keys = unlock_();
    if (!keys) return keys.error();
    auto fields = (*keys)->open(decision, record.rights.id, record.fields);
    if (!fields) return fields.error();
    const store::facts what = {{"integration", std::to_string(record.rights.id.value())},
                               {"decision", std::to_string(decision.id().value())},
                               {"run", std::to_string(run_.run.value())},
                               {"subject", subject}};
    if (auto noted = store_.audit(policy::audit_kind::secret_opened, run_.actor, what, clock_()); !noted)
        return noted.error();

    const pipelines::field_lookup value_of = [&](std::string_view name) -> std::optional<std::string_view> {
        for (const vault::opened_field& f : *fields)
            if (f.name == name) return f.value.reveal();
        for (const auto& [key, value] : record.settings)
            if (key == name) return std::string_view(value);
        return std::nullopt;
    };
    const pipelines::delivery d = pipelines::deliver(
        *type, record.identifier, [&](std::string_view name) { return value_of(name).has_value(); });
    for (const pipelines::delivered_variable& v : d.variables) {
        auto value = pipelines::expand(v.value, value_of);
        if (!value) continue;
        if (v.secret)
            out.variables.emplace_back(v.name, vault::secret(std::move(*value)));
        else
            out.plain.emplace_back(v.name, std::move(*value));
    }
    for (const pipelines::delivered_file& f : d.files)
        if (auto content = pipelines::expand(f.content, value_of))
            out.files.push_back({f.variable, f.name, vault::secret(std::move(*content)), f.directory});
    out.integrations.push_back({record.identifier, record.type, record.settings, std::move(*fields)});
    return {};
}

}  // namespace latchkey::run
