// SPDX-License-Identifier: Apache-2.0
//
// A server's REST API, as a command asks it: one call, a list over all its pages, a stream of events that is taken up
// again where it was cut off. Every fault is one `failure`, in the server's own words where it has any; the token is
// in none of them. Blocks; one thread.
#pragma once

#include "runner/client/event_parser.hpp"
#include "runner/client/transport.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::client {

using json = nlohmann::json;

struct answer {
    long status = 0;
    json body;  // null: there is none
    std::map<std::string, std::string> headers;
    bool good() const { return status >= 200 && status < 300; }
};

class client {
public:
    client(peer, vault::secret token);

    const endpoint& where() const { return peer_.where; }

    // io: no answer, or none that can be read. Every status is an answer, but redirects, which are refused.
    result<answer> ask(const std::string& method, const std::string& path, const json& body = nullptr,
                       std::vector<std::pair<std::string, std::string>> headers = {}) const;

    // The same, and a status that says no is a failure: usage (400), refused (401, 422), denied (403), not_found,
    // conflict (409, 412), engine (429, 5xx).
    result<json> call(const std::string& method, const std::string& path, const json& body = nullptr,
                      std::vector<std::pair<std::string, std::string>> headers = {}) const;
    result<json> get(const std::string& path) const { return call("GET", path); }
    failure failure_of(const answer&) const;

    // The items of every page of the list `name`.
    result<std::vector<json>> all(const std::string& path, const std::string& name) const;

    // Tells every event from `after` on until one is called "end", `on_event` says false, or `go_on` does. Where the
    // stream is cut off it is asked for again from the last event on, for some minutes.
    result<void> follow(const std::string& path, const std::string& after,
                        const std::function<bool(const server_event&)>& on_event,
                        const std::function<bool()>& go_on) const;

private:
    std::string without_token(std::string) const;
    peer peer_;
    vault::secret token_;
};

// JSON of bounded depth. io: it is none, or has a key twice.
result<json> json_from(std::string_view text, const std::string& whose);

}  // namespace latchkey::client
