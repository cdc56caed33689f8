// SPDX-License-Identifier: Apache-2.0
#include "runner/server/route.hpp"

#include <algorithm>
#include <unordered_map>

namespace latchkey::server {

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        parts.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(parts.back().size());
    }
    return parts;
}

struct prepared_route {
    const route* of;
    std::vector<std::string_view> parts;
};

// Routes of one length; a request looks at those only.
const std::vector<prepared_route>& routes_of_length(std::size_t length) {
    static const auto table = [] {
        std::unordered_map<std::size_t, std::vector<prepared_route>> made;
        for (const route& r : routes()) {
            auto parts = parts_of(r.path);
            made[parts.size()].push_back({&r, std::move(parts)});
        }
        // Where a word and a place both fit, the word wins: "sso" before ":id".
        for (auto& [size, all] : made)
            std::ranges::sort(all, {}, [](const prepared_route& p) {
                return std::ranges::count_if(p.parts, [](std::string_view part) { return part.starts_with(':'); });
            });
        return made;
    }();
    static const std::vector<prepared_route> none;
    const auto at = table.find(length);
    return at == table.end() ? none : at->second;
}

}  // namespace

std::string_view to_string(right r) {
    switch (r) {
        case right::anybody:
            return "anybody";
        case right::user:
            return "a signed-in user";
        case right::member:
            return "a member of the workspace";
        case right::administrator:
            return "an administrator of the workspace";
        case right::project_member:
            return "who has a role in the project";
        case right::project_manager:
            return "a manager of the project";
        case right::pipeline_reader:
            return "who may see the pipeline";
        case right::pipeline_runner:
            return "who may run the pipeline";
        case right::pipeline_manager:
            return "who may change the pipeline";
    }
    return "";
}

match find_route(const http::request& r) {
    match m;
    std::span<const std::string> path = r.path;
    m.below_api = !path.empty() && path.front() == "api";
    if (m.below_api) path = path.subspan(1);
    for (const prepared_route& p : routes_of_length(path.size())) {
        bool fits = true;
        for (std::size_t i = 0; i < path.size() && fits; ++i)
            fits = p.parts[i].starts_with(':') ? !path[i].empty() : p.parts[i] == path[i];
        if (!fits) continue;
        // HEAD is GET without its body.
        if (p.of->method != r.method && !(r.method == "HEAD" && p.of->method == "GET")) {
            m.methods.push_back(p.of->method);
            continue;
        }
        for (std::size_t i = 0; i < path.size(); ++i)
            if (p.parts[i].starts_with(':')) m.at.emplace(p.parts[i].substr(1), path[i]);
        m.found = p.of;
        m.methods.clear();
        return m;
    }
    return m;
}

}  // namespace latchkey::server
