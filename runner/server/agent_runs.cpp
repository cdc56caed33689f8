// SPDX-License-Identifier: Apache-2.0
#include "runner/server/agent_runs.hpp"

#include "runner/run/file_wishes.hpp"
#include "runner/server/run_queue.hpp"

#include <algorithm>
#include <filesystem>

namespace latchkey::server {

namespace {

const pipelines::yaml::node* field_of(const pipelines::pipeline& p, std::string_view key) {
    for (const auto& field : p.fields)
        if (field.key == key) return &field.value;
    return nullptr;
}

std::string text_of(const pipelines::pipeline& p, std::string_view key) {
    const auto* n = field_of(p, key);
    return n == nullptr ? std::string() : n->text;
}

int rank_of(const store::run_source& source) {
    const std::string_view priority = origin_of(source, origin::priority);
    return priority == "HIGH" ? 0 : priority == "LOW" ? 2 : 1;
}

}  // namespace

store::agent_wish wish_of(const pipelines::pipeline& p) {
    store::agent_wish wish;
    const std::string assignment = text_of(p, "worker_assignment");
    if (assignment != "TAGS") wish.pool = text_of(p, "worker");
    if (const auto* tags = assignment == "FIXED" ? nullptr : field_of(p, "tags"); tags != nullptr) {
        if (!tags->text.empty()) wish.tags.push_back(tags->text);
        for (const auto& tag : tags->items)
            if (!tag.text.empty()) wish.tags.push_back(tag.text);
    }
    wish.cpu = text_of(p, "cpu");
    return wish;
}

bool goes_to_agents(agents_use use, agent::exchange* agents, const pipelines::pipeline& p) {
    if (use == agents_use::no || agents == nullptr) return false;
    if (use == agents_use::only) return true;
    const store::agent_wish wish = wish_of(p);
    if (wish.empty()) return false;
    const auto somebody = agents->can_anybody(wish);
    return somebody && *somebody;
}

agent::remote_options remote_options_for(const store::stores& stores, const run::attempt_place& at) {
    const store::run_record& run = at.run;
    const run::file_wishes files = run::wishes_of(at.pipeline, run.source);
    agent::remote_options o;
    o.work.run = run.id;
    o.work.attempt = at.attempt;
    o.work.rank = rank_of(run.source);
    o.work.wish = wish_of(at.pipeline);
    const auto project = stores.people->project_numbered(run.project);
    o.order = {{"project", run.project.value()},
               {"project_name", project ? project->handle : ""},
               {"pipeline", run.pipeline.value()},
               {"pipeline_name", run.pipeline_name},
               {"run_number", run.number},
               {"repository", std::filesystem::path(run.source.repository).filename().string()},
               {"commit", run.source.commit},
               {"backend", run.source.backend},
               {"from_scratch", files.from_scratch},
               {"clear_cache", files.clear_cache},
               {"concurrent", files.concurrent}};
    o.tell = at.tell;
    return o;
}

}  // namespace latchkey::server
