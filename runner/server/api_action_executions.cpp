// SPDX-License-Identifier: Apache-2.0
// What became of the actions of an execution, and what they printed (rest-api §8).
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::server {

namespace {

constexpr std::int64_t most_lines = 1000;

const failure& no_such_action() {
    static const failure none(errc::not_found, "there is no such action in this execution");
    return none;
}

struct chosen {
    store::run_record run;
    viewed_execution seen;
    action_place place;
};

result<chosen> choose(const call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    auto seen = look_at(c, *run);
    if (!seen) return seen.error();
    const auto place = action_place_from(*run, c.at.at("action"));
    if (!place || place->action >= seen->actions.size()) return no_such_action();
    return chosen{std::move(*run), std::move(*seen), *place};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        all.push_back(text.substr(at, end - at));
        if (all.back().ends_with('\r')) all.back().pop_back();
        at = end + 1;
    }
    return all;
}

struct read_lines {
    std::vector<std::string> lines;
    std::uint64_t total = 0;
};

// An action that was denied printed nothing: what it lacked stands there instead.
result<read_lines> lines_from(const call& c, const store::run_record& run, int attempt, std::size_t action,
                              const std::string& denial, std::uint64_t offset, std::uint64_t count) {
    auto reader = c.server.runs->places().open({run.id, attempt, static_cast<int>(action)});
    read_lines read;
    if (!reader && reader.error().code != errc::not_found) return reader.error();
    if (!reader) {
        std::vector<std::string> all = lines_of(denial);
        read.total = all.size();
        for (std::uint64_t i = offset; i < all.size() && read.lines.size() < count; ++i)
            read.lines.push_back(std::move(all[i]));
        return read;
    }
    auto total = reader->count_lines();
    if (!total) return total.error();
    auto text = reader->lines(offset + 1, count);
    if (!text) return text.error();
    read.total = *total;
    read.lines = lines_of(*text);
    return read;
}

result<answer> shown(const call& c, const chosen& at) {
    json v = view_of_action(c, at.run, at.seen, at.place.action, true);
    auto read = lines_from(c, at.run, at.place.attempt, at.place.action, at.seen.denial, 0, most_lines);
    if (!read) return read.error();
    v["log"] = std::move(read->lines);
    return answer{200, std::move(v), {}};
}

std::uint64_t parameter(const call& c, const char* name, std::uint64_t otherwise) {
    const std::string* text = c.request.parameter(name);
    std::uint64_t value = otherwise;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
}

}  // namespace

result<answer> get_action_execution(call& c) {
    auto at = choose(c);
    if (!at) return at.error();
    return shown(c, *at);
}

result<answer> get_action_logs(call& c) {
    auto at = choose(c);
    if (!at) return at.error();
    const std::uint64_t offset = parameter(c, "offset", 0);
    const std::uint64_t limit = std::clamp<std::uint64_t>(parameter(c, "limit", 100), 1, most_lines);
    auto read = lines_from(c, at->run, at->place.attempt, at->place.action, at->seen.denial, offset, limit);
    if (!read) return read.error();
    json v = {{"url", execution_url(c, at->run) + "/action_executions/" + c.at.at("action") + "/logs"},
              {"html_url", nullptr},
              {"offset", offset},
              {"element_count", read->lines.size()},
              {"total_element_count", read->total}};
    v["logs"] = std::move(read->lines);
    return answer{200, std::move(v), {}};
}

result<answer> get_action_of_execution(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    auto seen = look_at(c, *run);
    if (!seen) return seen.error();
    const auto number = c.number("action");
    if (!number || *number < 1 || static_cast<std::size_t>(*number) > seen->actions.size()) return no_such_action();
    const auto action = static_cast<std::size_t>(*number) - 1;
    const int attempt = seen->actions[action].attempt > 0 ? seen->actions[action].attempt : 1;
    return shown(c, {std::move(*run), std::move(*seen), {attempt, action}});
}

}  // namespace latchkey::server
