// SPDX-License-Identifier: Apache-2.0
#include "runner/server/outgoing_message.hpp"

#include "runner/server/run_queue.hpp"
#include "runner/server/views.hpp"
#include "runner/triggers/event_facts.hpp"

namespace latchkey::server {

namespace {

struct place {
    std::string api;   // ".../workspaces/acme/projects/web"
    std::string page;  // ".../app/acme/web"
    json common;       // of every message
};

result<place> place_of(store::stores& stores, const std::string& base, const store::notice_record& n) {
    auto project = stores.people->project_with(n.place.workspace, n.place.project);
    if (!project) return project.error();
    const std::string workspace = base + "/workspaces/" + n.place.domain;
    place p{workspace + "/projects/" + project->handle, base + "/app/" + n.place.domain + "/" + project->handle, {}};
    p.common = {{"date", time_text(n.at)},
                {"workspace", {{"url", workspace}, {"id", n.place.workspace.value()}, {"domain", n.place.domain}}},
                {"project",
                 {{"url", p.api}, {"html_url", p.page}, {"name", project->handle}, {"display_name", project->name}}}};
    return p;
}

std::string text_of(const json& message) {
    return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

json text_or_null(const std::string& text) {
    return text.empty() ? json() : json(text);
}

result<std::vector<store::outgoing_message>> of_push(store::stores& stores, const std::string& base,
                                                     const store::notice_record& n) {
    const auto event = triggers::event_from(n.event);
    if (!event || event->kind != triggers::event_kind::push) return std::vector<store::outgoing_message>();
    auto where = place_of(stores, base, n);
    if (!where) return where.error();
    json message = std::move(where->common);
    message["event"] = "PUSH";
    message["push"] = {{"ref", event->ref.name},
                       {"before", text_or_null(event->before)},
                       {"after", text_or_null(event->after)},
                       {"sender", text_or_null(event->sender)}};
    return std::vector<store::outgoing_message>{{"PUSH", text_of(message)}};
}

json person_of(store::stores& stores, policy::user_id id) {
    auto known = stores.runs->user(id);
    if (!known) return nullptr;
    return {{"id", id.value()}, {"name", known->name}, {"email", known->email}};
}

// As the API's list of executions shows it, at the moment that is told of.
result<json> execution_of(store::stores& stores, const place& where, const store::run_record& run,
                          const store::notice_record& n) {
    if (n.attempt < 1 || static_cast<std::size_t>(n.attempt) > run.attempts.size())
        return failure(errc::not_found, "there is no such attempt");
    const store::attempt_record& attempt = run.attempts[static_cast<std::size_t>(n.attempt) - 1];
    const std::string number = std::to_string(run.number);
    const std::string at = "/pipelines/" + std::to_string(run.pipeline.value()) + "/executions/" + number;
    const bool over = n.kind == store::notice_kind::ended;
    return json{{"url", where.api + at},
                {"html_url", where.page + at},
                {"id", run.number},
                {"attempt", n.attempt},
                {"status", run::to_string(n.status)},
                {"triggered_on", origin_of(run.source, origin::triggered_on, "CLICK")},
                {"create_date", time_text(attempt.created_at)},
                {"start_date", time_or_null(attempt.started_at)},
                {"finish_date", over ? time_or_null(attempt.ended_at) : json()},
                {"ref", text_or_null(run.source.ref.name)},
                {"revision", text_or_null(run.source.commit)},
                {"comment", run.source.comment},
                {"creator", person_of(stores, attempt.actor)},
                // The store keeps what everybody may read.
                {"error_message", over ? text_or_null(attempt.error) : json()}};
}

std::vector<std::string> events_of(const store::notice_record& n) {
    if (n.kind == store::notice_kind::started) return {"EXECUTION_STARTED"};
    if (n.kind != store::notice_kind::ended) return {};
    if (n.status == run::status::successful) return {"EXECUTION_SUCCESSFUL", "EXECUTION_FINISHED"};
    if (n.status == run::status::failed) return {"EXECUTION_FAILED", "EXECUTION_FINISHED"};
    return {"EXECUTION_FINISHED"};
}

}  // namespace

std::string page_of_run(const std::string& base, const std::string& workspace, const std::string& project,
                        const store::run_record& run) {
    return base + "/app/" + workspace + "/" + project + "/pipelines/" + std::to_string(run.pipeline.value()) +
           "/executions/" + std::to_string(run.number);
}

result<std::vector<store::outgoing_message>> messages_of(store::stores& stores, const std::string& base,
                                                         const store::notice_record& n) {
    if (n.kind == store::notice_kind::event) return of_push(stores, base, n);
    const std::vector<std::string> events = events_of(n);
    if (events.empty()) return std::vector<store::outgoing_message>();
    auto run = stores.runs->run(n.run);
    if (!run) return run.error();
    auto where = place_of(stores, base, n);
    if (!where) return where.error();
    auto execution = execution_of(stores, *where, *run, n);
    if (!execution) return execution.error();
    const std::string pipeline = "/pipelines/" + std::to_string(run->pipeline.value());
    json message = std::move(where->common);
    message["pipeline"] = {{"url", where->api + pipeline},
                           {"html_url", where->page + pipeline},
                           {"id", run->pipeline.value()},
                           {"name", run->pipeline_name}};
    message["execution"] = std::move(*execution);
    std::vector<store::outgoing_message> all;
    for (const std::string& event : events) {
        message["event"] = event;
        all.push_back({event, text_of(message)});
    }
    return all;
}

}  // namespace latchkey::server
