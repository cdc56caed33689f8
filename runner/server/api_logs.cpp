// SPDX-License-Identifier: Apache-2.0
// What an action printed, for who reads a large log: its bytes, some of its lines, a search, and the whole as a file.
// An action that has printed nothing has an empty log.
#include "runner/async/offload.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::int64_t most_bytes = 1024 * 1024;
constexpr std::int64_t most_lines = 5000;
constexpr std::size_t most_text = 4UL * 1024 * 1024;
constexpr std::size_t longest_line = 64UL * 1024;
constexpr std::int64_t most_hits = 1000;
constexpr std::size_t longest_search = 1000;
constexpr std::chrono::milliseconds search_time{250};
constexpr std::size_t download_piece = 256UL * 1024;

struct chosen_log {
    store::run_record run;
    action_place place;
    log_name name;

    // Nothing will be added to it.
    bool over() const { return run::ended(run.attempts[static_cast<std::size_t>(place.attempt) - 1].status); }
};

result<chosen_log> choose(const call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    const auto place = action_place_from(*run, c.at.at("action"));
    if (!place) return failure(errc::not_found, "there is no such action in this execution");
    const log_name name{run->id, place->attempt, static_cast<int>(place->action)};
    return chosen_log{std::move(*run), *place, name};
}

// False: it has printed nothing.
result<bool> look_into(const call& c, const chosen_log& log,
                       const std::function<result<void>(log::log_reader&)>& look) {
    const auto done = c.server.runs->shelf().with(log.name, look);
    if (done) return true;
    if (done.error().code == errc::not_found) return false;
    return done.error();
}

// Whole lines, and which of them are cut. A last one that lacks its end only because there was no room is left out.
void split(const std::string& text, bool no_room, std::int64_t first, json& lines, json& cut) {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        const bool whole = end != std::string::npos;
        if (!whole) end = text.size();
        if (!whole && no_room && !lines.empty()) return;
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        if (line.size() > longest_line || (!whole && no_room)) {
            line.resize(std::min(line.size(), longest_line));
            cut.push_back(first + static_cast<std::int64_t>(lines.size()));
        }
        lines.push_back(std::move(line));
        at = end + 1;
    }
}

std::string file_name(const call& c, const chosen_log& log) {
    std::string name = c.project->handle + "-" + std::to_string(log.run.number) + "-" +
                       std::to_string(log.place.attempt) + "-" + std::to_string(log.place.action + 1) + ".log";
    for (char& ch : name) {
        const bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (!plain && ch != '.' && ch != '_') ch = '-';
    }
    return name;
}

// What is there now; what is printed while it is sent is not in it.
async::task<> send_file(http::body_writer& to, boost::asio::thread_pool& readers,
                        std::shared_ptr<log::log_reader> from, std::uint64_t size) {
    std::uint64_t at = 0;
    while (at < size) {
        auto work = [&] {
            return from->bytes(at, static_cast<std::size_t>(std::min<std::uint64_t>(download_piece, size - at)));
        };
        auto read = co_await async::offload(readers, std::move(work));
        if (!read || read->empty()) co_return;
        at += read->size();
        if (!co_await to.write(std::move(*read))) co_return;
    }
}

http::header_list plain_text() {
    return {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

result<answer> get_log_bytes(call& c) {
    const auto from = number_asked(c, "from", 0);
    if (!from) return from.error();
    const auto count = number_asked(c, "count", 64L * 1024, 1);
    if (!count) return count.error();
    auto log = choose(c);
    if (!log) return log.error();
    std::string text;
    std::uint64_t size = 0;
    auto read = look_into(c, *log, [&](log::log_reader& reader) -> result<void> {
        auto all = reader.size();
        if (!all) return all.error();
        auto some =
            reader.bytes(static_cast<std::uint64_t>(*from), static_cast<std::size_t>(std::min(*count, most_bytes)));
        if (!some) return some.error();
        size = *all;
        text = std::move(*some);
        return {};
    });
    if (!read) return read.error();
    answer a{200, {}, plain_text(), std::move(text)};
    a.headers.emplace_back("X-Log-Size", std::to_string(size));
    a.headers.emplace_back("X-Log-From", std::to_string(*from));
    a.bare = true;
    return a;
}

result<answer> get_log_lines(call& c) {
    const auto from = number_asked(c, "from", 1, 1);
    if (!from) return from.error();
    const auto count = number_asked(c, "count", 500);
    if (!count) return count.error();
    auto log = choose(c);
    if (!log) return log.error();
    json v = {{"from", *from}, {"lines", json::array()}, {"cut", json::array()}, {"total", 0}, {"size", 0}};
    auto read = look_into(c, *log, [&](log::log_reader& reader) -> result<void> {
        auto total = reader.count_lines();
        if (!total) return total.error();
        auto size = reader.size();
        if (!size) return size.error();
        v["total"] = *total;
        v["size"] = *size;
        if (*count == 0) return {};
        auto text = reader.lines(static_cast<std::uint64_t>(*from),
                                 static_cast<std::uint64_t>(std::min(*count, most_lines)), most_text);
        if (!text) return text.error();
        split(*text, text->size() >= most_text, *from, v["lines"], v["cut"]);
        return {};
    });
    if (!read) return read.error();
    v["over"] = log->over();
    return answer{200, std::move(v), {}};
}

result<answer> search_log(call& c) {
    const std::string text = text_asked(c, "q");
    if (text.empty() || text.size() > longest_search || text.find('\n') != std::string::npos)
        return failure(errc::usage,
                       "`q` must be a text of one line, of " + std::to_string(longest_search) + " bytes at most");
    const auto from = number_asked(c, "from", 1, 1);
    if (!from) return from.error();
    const auto limit = number_asked(c, "limit", 100, 1);
    if (!limit) return limit.error();
    auto log = choose(c);
    if (!log) return log.error();
    log::log_reader::hits hits;
    auto read = look_into(c, *log, [&](log::log_reader& reader) -> result<void> {
        auto found = reader.search(text, is_asked(c, "ignore_case"), static_cast<std::uint64_t>(*from),
                                   static_cast<std::size_t>(std::min(*limit, most_hits)),
                                   std::chrono::steady_clock::now() + search_time);
        if (!found) return found.error();
        hits = std::move(*found);
        return {};
    });
    if (!read) return read.error();
    json lines = json::array();
    for (const auto& hit : hits.found) lines.push_back({{"line", hit.line}, {"column", hit.column}});
    return answer{
        200,
        {{"q", text}, {"from", *from}, {"lines", std::move(lines)}, {"next", hits.next ? json(*hits.next) : json()}},
        {}};
}

result<answer> download_log(call& c) {
    auto log = choose(c);
    if (!log) return log.error();
    answer a{200, {}, plain_text(), {}};
    a.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + file_name(c, *log) + "\"");
    a.bare = true;
    auto opened = c.server.runs->places().open(log->name);
    if (!opened && opened.error().code == errc::not_found) return a;
    if (!opened) return opened.error();
    const auto size = opened->size();
    if (!size) return size.error();
    auto reader = std::make_shared<log::log_reader>(std::move(*opened));
    a.stream = [&readers = c.server.runs->readers(), reader, size = *size](http::body_writer& to) {
        return send_file(to, readers, reader, size);
    };
    return a;
}

}  // namespace latchkey::server
