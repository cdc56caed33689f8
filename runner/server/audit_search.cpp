// SPDX-License-Identifier: Apache-2.0
#include "runner/server/audit_search.hpp"

#include "runner/server/query.hpp"
#include "runner/server/run_rows.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::server {

namespace {

constexpr std::size_t most_words = 8;

std::string_view fact_of(const policy::audit_entry& e, std::string_view name) {
    const auto at = std::ranges::find(e.facts, name, &std::pair<std::string, std::string>::first);
    return at == e.facts.end() ? std::string_view() : std::string_view(at->second);
}

std::int64_t number_of(const policy::audit_entry& e, std::string_view name) {
    const std::string_view text = fact_of(e, name);
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    return wrong == std::errc() && end == text.data() + text.size() ? value : 0;
}

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string small(std::string text) {
    for (char& c : text) c = small(c);
    return text;
}

std::vector<std::string> words_in(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
        if (c != ' ') {
            word += small(c);
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

result<policy::time_point> time_asked(const call& c, std::string_view name, policy::time_point otherwise) {
    const std::string text = text_asked(c, name);
    if (text.empty()) return otherwise;
    const auto time = time_from(text);
    if (!time) return failure(errc::usage, "`" + std::string(name) + "` must be a time like 2026-01-02T03:04:05Z");
    return *time;
}

// What is not there any more has no name, and that is no failure.
template <class Found>
bool gone(const result<Found>& r) {
    return !r && r.error().code == errc::not_found;
}

}  // namespace

result<audit_names::known_pipeline> audit_names::pipeline(std::int64_t id) {
    if (const auto known = pipelines_.find(id); known != pipelines_.end()) return known->second;
    known_pipeline p;
    auto found = c_.server.stores.runs->pipeline(policy::pipeline_id(id));
    if (!found && !gone(found)) return found.error();
    if (found) p = {found->name, found->project};
    return pipelines_[id] = p;
}

result<json> audit_names::integration(std::int64_t id) {
    if (const auto known = integrations_.find(id); known != integrations_.end()) return known->second;
    auto found = c_.server.stores.runs->integration(policy::integration_id(id));
    if (!found && !gone(found)) return found.error();
    json v;
    if (found && found->workspace == c_.workspace->id) v = {{"name", found->name}, {"hash_id", found->hash_id}};
    return integrations_[id] = v;
}

result<json> audit_names::project(policy::project_id id) {
    if (const auto known = projects_.find(id.value()); known != projects_.end()) return known->second;
    auto found = c_.server.stores.people->project_with(c_.workspace->id, id);
    if (!found && !gone(found)) return found.error();
    return projects_[id.value()] = found ? project_named(*found) : json();
}

result<std::int64_t> audit_names::number_of_run(std::int64_t id) {
    if (const auto known = runs_.find(id); known != runs_.end()) return known->second;
    auto found = c_.server.stores.runs->run(policy::run_id(id));
    if (!found && !gone(found)) return found.error();
    return runs_[id] = found ? found->number : 0;
}

result<policy::project_id> audit_names::project_of(const policy::audit_entry& e) {
    if (const std::int64_t own = number_of(e, "project"); own > 0) return policy::project_id(own);
    const std::int64_t by = number_of(e, "pipeline");
    if (by <= 0) return policy::project_id();
    auto found = pipeline(by);
    if (!found) return found.error();
    return found->project;
}

result<json> audit_names::of(const policy::audit_entry& e) {
    json about = json::object();
    if (const std::int64_t id = number_of(e, "integration"); id > 0) {
        auto v = integration(id);
        if (!v) return v.error();
        if (!v->is_null()) about["integration"] = *v;
    }
    const auto of_project = project_of(e);
    if (!of_project) return of_project.error();
    if (!of_project->valid()) return about;
    auto shown = project(*of_project);
    if (!shown) return shown.error();
    // Of another workspace, or gone.
    if (shown->is_null()) return about;
    about["project"] = *shown;
    if (const std::int64_t id = number_of(e, "pipeline"); id > 0) {
        auto p = pipeline(id);
        if (!p) return p.error();
        if (!p->name.empty()) about["pipeline"] = pipeline_named(policy::pipeline_id(id), p->name);
    }
    if (const std::int64_t id = number_of(e, "run"); id > 0) {
        auto number = number_of_run(id);
        if (!number) return number.error();
        if (*number > 0) about["execution"] = *number;
    }
    return about;
}

result<audit_search> audit_search::asked_by(const call& c) {
    audit_search s;
    if (const std::string kind = text_asked(c, "kind"); !kind.empty()) {
        s.wish.kind = policy::audit_kind_from(kind);
        if (!s.wish.kind) return failure(errc::usage, "there is no kind of entry \"" + kind.substr(0, 60) + "\"");
    }
    const auto actor = number_asked(c, "actor", 0);
    if (!actor) return actor.error();
    s.wish.actor = policy::user_id(*actor);
    const auto since = time_asked(c, "since", s.wish.since);
    if (!since) return since.error();
    s.wish.since = *since;
    const auto until = time_asked(c, "until", s.wish.until);
    if (!until) return until.error();
    s.wish.until = *until;
    if (const std::string hash = text_asked(c, "integration"); !hash.empty()) {
        auto found = c.server.stores.runs->find_integration_by_hash(c.workspace->id, hash);
        if (!found) return found.error();
        s.integration = std::to_string(found->rights.id.value());
    }
    const auto pipeline = number_asked(c, "pipeline", 0);
    if (!pipeline) return pipeline.error();
    if (*pipeline > 0) s.pipeline = std::to_string(*pipeline);
    if (const std::string name = text_asked(c, "project"); !name.empty()) {
        auto found = c.server.stores.people->project(c.workspace->id, name);
        if (!found) return found.error();
        s.project = found->id;
    }
    s.words = words_in(text_asked(c, "q"));
    if (s.words.size() > most_words)
        return failure(errc::usage, "`q` may have " + std::to_string(most_words) + " words at most");
    return s;
}

result<bool> audit_search::fits(audit_names& names, const policy::audit_entry& e) const {
    if (!integration.empty() && fact_of(e, "integration") != integration) return false;
    if (!pipeline.empty() && fact_of(e, "pipeline") != pipeline) return false;
    if (project.valid()) {
        const auto of = names.project_of(e);
        if (!of) return of.error();
        if (*of != project) return false;
    }
    if (words.empty()) return true;
    std::string text(policy::to_string(e.kind));
    for (const auto& [name, value] : e.facts) text += " " + small(value);
    const auto about = names.of(e);
    if (!about) return about.error();
    for (const char* what : {"integration", "pipeline", "project"})
        if (about->contains(what)) text += " " + small((*about)[what]["name"].get<std::string>());
    return std::ranges::all_of(words, [&](const std::string& w) { return text.find(w) != std::string::npos; });
}

}  // namespace latchkey::server
