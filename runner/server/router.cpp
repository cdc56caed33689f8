// SPDX-License-Identifier: Apache-2.0
#include "runner/server/route.hpp"

#include <algorithm>
#include <span>
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

bool takes_rest(const std::vector<std::string_view>& parts) {
    return !parts.empty() && parts.back().ends_with('*');
}

// Routes of one length; a request looks at those only.
const std::vector<prepared_route>& routes_of_length(std::size_t length) {
    static const auto table = [] {
        std::unordered_map<std::size_t, std::vector<prepared_route>> made;
        for (const route& r : routes()) {
            auto parts = parts_of(r.path);
            if (!takes_rest(parts)) made[parts.size()].push_back({&r, std::move(parts)});
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

// Those whose last place takes all that follows; few.
const std::vector<prepared_route>& open_routes() {
    static const auto table = [] {
        std::vector<prepared_route> made;
        for (const route& r : routes())
            if (auto parts = parts_of(r.path); takes_rest(parts)) made.push_back({&r, std::move(parts)});
        return made;
    }();
    return table;
}

bool fits(const prepared_route& p, std::span<const std::string> path) {
    for (std::size_t i = 0; i < p.parts.size(); ++i)
        if (p.parts[i].starts_with(':') ? path[i].empty() : p.parts[i] != path[i]) return false;
    return true;
}

// The places of an address that the route fits.
void fill(match& m, const prepared_route& p, std::span<const std::string> path) {
    for (std::size_t i = 0; i < p.parts.size(); ++i) {
        if (!p.parts[i].starts_with(':')) continue;
        std::string_view name = p.parts[i].substr(1);
        std::string value = path[i];
        if (name.ends_with('*')) {
            name.remove_suffix(1);
            for (std::size_t rest = i + 1; rest < path.size(); ++rest) value += "/" + path[rest];
        }
        m.at.emplace(name, std::move(value));
    }
    m.found = p.of;
    m.methods.clear();
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
        case right::repository_writer:
            return "who may write the project's repository";
        case right::project_manager:
            return "a manager of the project";
        case right::pipeline_reader:
            return "who may see the pipeline";
        case right::pipeline_runner:
            return "who may run the pipeline";
        case right::pipeline_manager:
            return "who may change the pipeline";
        case right::server_administrator:
            return "an administrator of the server's first workspace";
        case right::agent:
            return "an agent of the server";
    }
    return "";
}

match find_route(const http::request& r) {
    match m;
    std::span<const std::string> path = r.path;
    m.below_api = !path.empty() && path.front() == "api";
    if (m.below_api) path = path.subspan(1);
    const auto try_route = [&](const prepared_route& p) {
        if (path.size() < p.parts.size() || !fits(p, path)) return false;
        // HEAD is GET without its body.
        if (p.of->method != r.method && !(r.method == "HEAD" && p.of->method == "GET")) {
            m.methods.push_back(p.of->method);
            return false;
        }
        fill(m, p, path);
        return true;
    };
    for (const prepared_route& p : routes_of_length(path.size()))
        if (try_route(p)) return m;
    for (const prepared_route& p : open_routes())
        if (try_route(p)) return m;
    return m;
}

}  // namespace latchkey::server
