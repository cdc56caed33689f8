// SPDX-License-Identifier: Apache-2.0
// Pipeline definitions as text: what is wrong or doubtful in one, and what a pipeline's own says.
#include "pipelines/parse.hpp"
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_queue.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace latchkey::server {

namespace {

constexpr std::size_t largest_text = 1024UL * 1024;
constexpr std::size_t most_problems = 1000;

json view_of_problems(const pipelines::source& source, const pipelines::diagnostics& problems) {
    json all = json::array();
    for (const pipelines::diagnostic& d : problems) {
        if (all.size() == most_problems) break;
        const pipelines::position begin = source.at(d.where.begin);
        const pipelines::position end = source.at(std::max(d.where.begin, d.where.end));
        all.push_back({{"severity", d.severity == pipelines::severity::error ? "error" : "warning"},
                       {"code", d.code},
                       {"message", d.message},
                       {"help", d.help.empty() ? json() : json(d.help)},
                       {"line", begin.line},
                       {"column", begin.column},
                       {"end_line", end.line},
                       {"end_column", end.column}});
    }
    return all;
}

struct kept_text {
    std::string yaml;
    std::string file;
    std::string commit;
    std::optional<policy::project_id> elsewhere;  // the project whose file it is; not valid: one that is gone
    std::string_view kept = "none";               // here, repository
};

// Whose file a run was started from, where that is another project's.
std::optional<policy::project_id> project_of(const store::run_record& run) {
    const std::string number(origin_of(run.source, origin::definition_project));
    if (number.empty()) return std::nullopt;
    return policy::project_id(std::strtoll(number.c_str(), nullptr, 10));
}

// Whether the caller has no role in the project whose file it is, or it names what they may not know of.
result<bool> is_hidden(const call& c, const kept_text& t) {
    if (!t.elsewhere) return names_hidden(c, c.project->id, t.yaml);
    auto role = c.server.stores.people->role_in_project(c.workspace->id, *t.elsewhere, c.actor());
    if (!role && role.error().code != errc::not_found) return role.error();
    if (!role || !*role) return true;
    return names_hidden(c, c.project->id, *t.elsewhere, t.yaml);
}

// What is saved with it, else what its last run was started from.
result<kept_text> text_of(const call& c) {
    kept_text t;
    const bool in_git = setting_of(c.pipeline->settings, "git_config_ref") != "NONE" ||
                        setting_of(c.pipeline->settings, "definition_source") == "REMOTE";
    if (!in_git && !c.pipeline->definition.empty()) {
        t.yaml = c.pipeline->definition;
        t.file = "definition";
        t.kept = "here";
        return t;
    }
    if (!in_git) return t;
    t.kept = "repository";
    auto last = c.server.stores.runs->runs({std::nullopt, c.pipeline->rights.id, 1});
    if (!last) return last.error();
    if (last->empty()) return t;
    auto yaml = c.server.stores.runs->definition_of(last->front().id);
    if (!yaml) return yaml.error();
    t.yaml = std::move(*yaml);
    t.file = last->front().source.file;
    t.commit = last->front().source.commit;
    t.elsewhere = project_of(last->front());
    return t;
}

}  // namespace

result<answer> validate_definition(call& c) {
    if (c.request.body.size() > largest_text)
        return failure(errc::usage, "the text has more than " + std::to_string(largest_text) + " bytes");
    std::string file = text_asked(c, "file");
    if (file.empty()) file = "buddy.yml";
    const pipelines::source source(file, c.request.body);
    const pipelines::parsed read = pipelines::parse(source);
    json names = json::array();
    for (const pipelines::pipeline& p : read.model.pipelines) names.push_back(p.id.value);
    return answer{200,
                  {{"valid", !pipelines::has_errors(read.problems)},
                   {"problems", view_of_problems(source, read.problems)},
                   {"pipelines", std::move(names)}},
                  {}};
}

result<answer> show_definition(call& c) {
    auto text = text_of(c);
    if (!text) return text.error();
    json v = {{"yaml", nullptr},
              {"kept", text->kept},
              {"file", text->file.empty() ? json() : json(text->file)},
              {"commit", text->commit.empty() ? json() : json(text->commit)},
              {"problems", json::array()},
              {"triggers", setting_of(c.pipeline->settings, "events")},
              {"refs", setting_of(c.pipeline->settings, "refs")},
              {"hidden", false}};
    if (text->yaml.empty()) return answer{200, std::move(v), {}};
    // Who may not know of an integration does not read its name here either, nor what is said of the line.
    const auto hidden = is_hidden(c, *text);
    if (!hidden) return hidden.error();
    v["hidden"] = *hidden;
    if (*hidden) return answer{200, std::move(v), {}};
    const pipelines::source source(text->file, text->yaml);
    v["problems"] = view_of_problems(source, pipelines::parse(source).problems);
    v["yaml"] = std::move(text->yaml);
    return answer{200, std::move(v), {}};
}

}  // namespace latchkey::server
