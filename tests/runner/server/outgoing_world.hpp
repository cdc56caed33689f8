// SPDX-License-Identifier: Apache-2.0
//
// What tests of what is told to others share: a real receiver, runs that nobody executes, and a worker that doesn't
// wait between its tries. One thread.
#pragma once

#include "runner/server/outgoing_worker.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <thread>

namespace latchkey::test {

using latchkey::server::outgoing_worker;

inline const std::string web_project = "/workspaces/acme/projects/web";
inline const std::string a_commit(40, 'c');

// Who is told.
struct receiver {
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + sink.port() + path; }
    std::vector<nlohmann::json> came() const {
        std::vector<nlohmann::json> all;
        if (!std::filesystem::exists(sink.folder() / "requests")) return all;
        std::istringstream in(read_file(sink.folder() / "requests"));
        for (std::string line; std::getline(in, line) && !in.eof();) all.push_back(nlohmann::json::parse(line));
        return all;
    }
    std::vector<nlohmann::json> at(const std::string& path) const {
        auto all = came();
        std::erase_if(all, [&](const nlohmann::json& r) { return r["path"] != path; });
        return all;
    }
    std::vector<nlohmann::json> at(const std::string& path, std::size_t count) const {
        for (;;) {
            auto all = at(path);
            if (all.size() >= count) return all;
            std::this_thread::yield();
        }
    }
    test::server sink{"runner/native/servers/http_sink.py"};
};

inline std::string add_hook(const api_world& w, const std::string& admin, const std::string& url,
                            const std::vector<std::string>& events, const std::string& secret = "") {
    nlohmann::json body = {{"target_url", url}, {"events", events}};
    if (!secret.empty()) body["secret_key"] = secret;
    const auto made = w.ask("POST", "/workspaces/acme/webhooks", admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return "/workspaces/acme/webhooks/" + made.body["id"].dump();
}

// Once nothing is to be told any more.
inline void quiet(api_world& w) {
    for (;;) {
        const bool told = w.stores().outgoing->notices(1).value().empty();
        const auto now = w.stores().outgoing->look().value();
        if (told && now.deliveries == 0 && now.statuses == 0) return;
        std::this_thread::yield();
    }
}

inline std::string event_of(const nlohmann::json& request) {
    return request["headers"]["X-Latchkey-Event"];
}

// A run as a forge's event makes one, which nobody executes.
inline policy::run_id run_of_event(api_world& w, const std::string& event = "PUSH") {
    store::new_run wanted;
    wanted.pipeline = w.team.deploy;
    wanted.actor = w.team.developer;
    wanted.at = at(100);
    wanted.source.commit = a_commit;
    wanted.source.ref = {policy::ref_type::branch, "refs/heads/main"};
    wanted.source.origin = {{"triggered_on", "EVENT"}, {"event", event}};
    return w.stores().runs->create_run(wanted, "- pipeline: deploy\n").value().id;
}

inline void tell(api_world& w, policy::run_id run, std::int64_t sequence, run::event_kind kind, run::status status,
                 const std::string& text = "") {
    run::event e;
    e.sequence = sequence;
    e.at = at(100) + std::chrono::seconds(sequence);
    e.kind = kind;
    e.status = status;
    e.text = text;
    REQUIRE(w.stores().runs->append_events(run, 1, {&e, 1}).has_value());
}

inline outgoing_worker::options here(std::function<policy::time_point()> clock = [] { return at(100'000); }) {
    outgoing_worker::options o;
    o.clock = std::move(clock);
    o.send = {.limit = std::chrono::seconds(1), .private_hosts = true};
    o.pause = [](int tries) -> std::optional<std::chrono::milliseconds> {
        return tries < 4 ? std::optional(std::chrono::milliseconds(0)) : std::nullopt;
    };
    return o;
}

}  // namespace latchkey::test
