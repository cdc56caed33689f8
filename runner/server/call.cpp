// SPDX-License-Identifier: Apache-2.0
#include "runner/server/call.hpp"

#include <charconv>

namespace latchkey::server {

namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

result<std::int64_t> call::number(std::string_view place) const {
    const auto found = at.find(place);
    const auto value = found == at.end() ? std::nullopt : number_in(found->second);
    if (!value) return failure(errc::not_found, "there is no such " + std::string(place));
    return *value;
}

result<store::page> call::page() const {
    constexpr std::int64_t most = 1000;
    store::page p;
    std::int64_t page = 1;
    std::int64_t per_page = p.limit;
    for (const auto& [name, into] : {std::pair("page", &page), std::pair("per_page", &per_page)}) {
        const std::string* text = request.parameter(name);
        if (text == nullptr) continue;
        const auto value = number_in(*text);
        if (!value || *value < 1 || *value > 1'000'000)
            return failure(errc::usage, "`" + std::string(name) + "` must be a number from 1 on");
        *into = *value;
    }
    if (per_page > most) per_page = most;
    p.limit = static_cast<int>(per_page);
    // Far beyond any end there is an empty page, not an overflow.
    p.offset = static_cast<int>(std::min<std::int64_t>((page - 1) * per_page, 1'000'000'000));
    if (const std::string* by = request.parameter("sort_by")) p.sort_by = *by;
    const std::string* direction = request.parameter("sort_direction");
    p.descending = direction != nullptr && *direction == "DESC";
    return p;
}

std::string call::workspace_url() const {
    return base + "/workspaces/" + workspace->domain;
}

std::string call::project_url() const {
    return workspace_url() + "/projects/" + project->handle;
}

std::string call::own_url() const {
    return base + "/latchkey/v1/workspaces/" + workspace->domain;
}

}  // namespace latchkey::server
