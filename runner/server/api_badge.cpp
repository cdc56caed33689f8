// SPDX-License-Identifier: Apache-2.0
// A picture of how a pipeline's last run went, for a page that anybody may read. Who has its address sees that word
// and nothing else; any address that is not right is one answer.
#include "runner/server/handlers.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

struct shown_status {
    const char* word;
    const char* colour;
};

shown_status shown(run::status s) {
    switch (s) {
        case run::status::successful:
            return {"passing", "#2e7d32"};
        case run::status::failed:
            return {"failing", "#c62828"};
        case run::status::terminated:
            return {"stopped", "#6d6d6d"};
        case run::status::in_progress:
        case run::status::enqueued:
        case run::status::waiting_for_apply:
        case run::status::waiting_for_variables:
        case run::status::waiting_for_permission:
            return {"running", "#1565c0"};
        default:
            return {"not run yet", "#6d6d6d"};
    }
}

std::string picture(const shown_status& s) {
    constexpr int left = 58;
    const int right = 14 + 7 * static_cast<int>(std::string_view(s.word).size());
    const std::string width = std::to_string(left + right);
    const std::string middle = std::to_string(left + right / 2);
    return R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" + width +
           R"(" height="20" role="img" aria-label="pipeline: )" + s.word + R"("><rect width=")" + width +
           R"(" height="20" rx="3" fill="#444"/><rect x=")" + std::to_string(left) + R"(" width=")" +
           std::to_string(right) + R"(" height="20" rx="3" fill=")" + s.colour +
           R"("/><g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle"><text x=")" +
           std::to_string(left / 2) + R"(" y="14">pipeline</text><text x=")" + middle + R"(" y="14">)" + s.word +
           "</text></g></svg>\n";
}

failure no_badge() {
    return {errc::not_found, "there is no such badge"};
}

}  // namespace

result<answer> show_badge(call& c) {
    const std::string* token = c.request.parameter("token");
    if (token == nullptr) return no_badge();
    auto pipeline = c.server.stores.pipelines->with_badge(*token);
    if (!pipeline) return pipeline.error().code == errc::not_found ? no_badge() : pipeline.error();
    const auto number = c.number("number");
    auto workspace = c.server.stores.people->workspace(c.at.at("domain"));
    if (!workspace && workspace.error().code != errc::not_found) return workspace.error();
    if (!number || *number != pipeline->value() || !workspace) return no_badge();
    auto project = c.server.stores.people->project(workspace->id, c.at.at("handle"));
    if (!project && project.error().code != errc::not_found) return project.error();
    auto known = c.server.stores.runs->pipeline(*pipeline);
    if (!known) return known.error();
    if (!project || known->project != project->id) return no_badge();
    auto last = c.server.stores.runs->runs({std::nullopt, *pipeline, 1});
    if (!last) return last.error();
    answer a;
    a.text = picture(shown(last->empty() ? run::status::initial : last->front().attempts.back().status));
    a.headers = {{"Content-Type", "image/svg+xml; charset=utf-8"},
                 {"Content-Security-Policy", "default-src 'none'"},
                 {"X-Content-Type-Options", "nosniff"}};
    return a;
}

result<answer> show_avatar(call&) {
    answer a;
    a.text =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\"><rect "
        "width=\"32\" "
        "height=\"32\" rx=\"16\" fill=\"#9aa3ad\"/><circle cx=\"16\" cy=\"12\" r=\"6\" fill=\"#fff\"/><path d=\"M5 "
        "28a11 10 0 0 1 22 0z\" fill=\"#fff\"/></svg>\n";
    a.headers = {{"Content-Type", "image/svg+xml; charset=utf-8"},
                 {"Content-Security-Policy", "default-src 'none'"},
                 {"X-Content-Type-Options", "nosniff"},
                 {"Cache-Control", "public, max-age=86400"}};
    return a;
}

result<answer> show_badge_address(call& c) {
    auto token = c.server.stores.pipelines->badge(c.project->id, c.pipeline->rights.id);
    if (!token) return token.error();
    const std::string at = c.project_url() + "/pipelines/" + std::to_string(c.pipeline->rights.id.value());
    return answer{200,
                  {{"url", at + "/badge"},
                   {"html_url", at + "/badge"},
                   {"badge_url", at + "/badge.svg?token=" + *token},
                   {"token", *token}},
                  {}};
}

}  // namespace latchkey::server
