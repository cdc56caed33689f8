// SPDX-License-Identifier: Apache-2.0
#include "runner/client/client.hpp"

#include "runner/json/parse.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace latchkey::client {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t page_size = 200;
constexpr int most_pages = 5000;
constexpr std::size_t longest_message = 64U << 10U;

// How long a stream is asked for again in vain: about three minutes.
constexpr int most_tries = 25;
constexpr auto first_pause = 250ms;
constexpr auto longest_pause = 8s;

std::string message_in(const json& body) {
    const auto errors = body.is_object() ? body.find("errors") : body.end();
    if (errors == body.end() || !errors->is_array()) return {};
    std::string all;
    for (const json& e : *errors) {
        if (!e.is_object() || !e.contains("message") || !e["message"].is_string()) continue;
        all += (all.empty() ? "" : "; ") + e["message"].get<std::string>();
        if (all.size() > longest_message) break;
    }
    return all.substr(0, longest_message);
}

errc code_of(long status) {
    switch (status) {
        case 400:
        case 405:
        case 413:
            return errc::usage;
        case 403:
            return errc::denied;
        case 404:
            return errc::not_found;
        case 409:
        case 412:
            return errc::conflict;
        case 401:
        case 422:
            return errc::refused;
        default:
            return errc::engine;
    }
}

}  // namespace

result<json> json_from(std::string_view text, const std::string& whose) {
    auto parsed = parse_json(text);
    if (!parsed) return failure(errc::io, "the answer of " + whose + " is no JSON: is it a Latchkey server?");
    return parsed;
}

client::client(peer p, vault::secret token) : peer_(std::move(p)), token_(std::move(token)) {}

result<answer> client::ask(const std::string& method, const std::string& path, const json& body,
                           std::vector<std::pair<std::string, std::string>> headers) const {
    request what{method, path, std::move(headers), {}};
    what.headers.emplace_back("Accept", "application/json");
    if (!body.is_null()) what.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    auto got = exchange(peer_, token_, what);
    vault::wipe(what.body);  // a new integration's secrets went this way
    if (!got) return got.error();
    if (got->status >= 300 && got->status < 400 && got->status != 304)
        return failure(errc::refused,
                       peer_.where.host +
                           " sends us on to another address, and a token goes to no other host: log in "
                           "to the address that it really has");
    answer a{got->status, nullptr, std::move(got->headers)};
    if (got->body.empty()) return a;
    auto parsed = json_from(got->body, peer_.where.host);
    if (!parsed && a.good()) return parsed.error();
    if (parsed) a.body = std::move(*parsed);
    return a;
}

failure client::failure_of(const answer& a) const {
    std::string words = without_token(message_in(a.body));
    if (words.empty()) words = "it answered with the status " + std::to_string(a.status);
    if (a.status == 401)
        return {errc::refused,
                peer_.where.host + " does not accept the token: `latchkey login` again (" + words + ")"};
    if (a.status == 429 || a.status >= 500) return {errc::engine, peer_.where.host + ": " + words};
    return {code_of(a.status), words};
}

std::string client::without_token(std::string text) const {
    const std::string_view token = token_.reveal();
    if (token.empty()) return text;
    for (std::size_t at = 0; (at = text.find(token, at)) != std::string::npos;) text.replace(at, token.size(), "***");
    return text;
}

result<json> client::call(const std::string& method, const std::string& path, const json& body,
                          std::vector<std::pair<std::string, std::string>> headers) const {
    auto got = ask(method, path, body, std::move(headers));
    if (!got) return got.error();
    if (!got->good()) return failure_of(*got);
    return std::move(got->body);
}

result<std::vector<json>> client::all(const std::string& path, const std::string& name) const {
    std::vector<json> items;
    json before;
    const std::string mark = path.find('?') == std::string::npos ? "?" : "&";
    for (int page = 1; page <= most_pages; ++page) {
        auto got = get(path + mark + "page=" + std::to_string(page) + "&per_page=" + std::to_string(page_size));
        if (!got) return got.error();
        const auto list = got->is_object() ? got->find(name) : got->end();
        if (list == got->end() || !list->is_array())
            return failure(errc::io, "the answer of " + peer_.where.host + " has no list of " + name);
        // Some lists have one page only, whichever is asked for.
        if (*list == before) return items;
        before = *list;
        for (json& item : *list)
            if (item.is_object()) items.push_back(std::move(item));
        if (before.size() != page_size) return items;
    }
    return failure(errc::io, "the list of " + name + " of " + peer_.where.host + " has no end");
}

result<void> client::follow(const std::string& path, const std::string& after,
                            const std::function<bool(const server_event&)>& on_event,
                            const std::function<bool()>& go_on) const {
    std::string last = after;
    auto pause = std::chrono::milliseconds(first_pause);
    failure why(errc::io, "the stream of " + peer_.where.host + " was cut off");
    for (int tries = 0; tries < most_tries; ++tries) {
        event_parser parser;
        bool over = false;
        const auto take = [&](const server_event& e) {
            if (!e.id.empty()) last = e.id;
            tries = 0;
            pause = first_pause;
            over = e.name == "end" || !on_event(e);
            return !over;
        };
        auto outcome = event_parser::outcome::more;
        const auto bytes = [&](std::string_view text) {
            outcome = parser.take(text, take);
            return outcome == event_parser::outcome::more;
        };
        request what{"GET", path, {{"Accept", "text/event-stream"}}, {}};
        if (!last.empty()) what.headers.emplace_back("Last-Event-ID", last);
        auto got = stream(peer_, token_, what, bytes, go_on);
        if (over || (go_on && !go_on())) return {};
        if (outcome == event_parser::outcome::too_long)
            return failure(errc::io, "an event of " + peer_.where.host + " is larger than any that a server sends");
        if (got && got->status != 200 && got->status < 500 && got->status != 429) {
            auto body = json_from(got->body, peer_.where.host);
            return failure_of({got->status, body ? std::move(*body) : json(), {}});
        }
        if (!got) why = got.error();
        const auto until = std::chrono::steady_clock::now() + pause;
        while (std::chrono::steady_clock::now() < until) {
            if (go_on && !go_on()) return {};
            std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(pause, 100ms));
        }
        pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
    }
    return why;
}

}  // namespace latchkey::client
