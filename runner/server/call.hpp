// SPDX-License-Identifier: Apache-2.0
//
// One API call on its way: the request, who makes it, and what its address names, looked up and checked before a
// handler sees it. Handlers are plain functions that may block: they run on the server's pool. One call, one thread.
#pragma once

#include "runner/error.hpp"
#include "runner/http/message.hpp"
#include "runner/metrics/metrics.hpp"
#include "runner/server/input.hpp"
#include "runner/server/login_limits.hpp"
#include "runner/server/server_log.hpp"
#include "runner/store/stores.hpp"
#include "runner/triggers/seen_deliveries.hpp"
#include "runner/vault/vault.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace latchkey::identity {
class openid_client;
class token_issuer;
}  // namespace latchkey::identity

namespace latchkey::agent {
class exchange;
}

namespace latchkey::server {

class run_executor;

// Who may read /metrics.
enum class metrics_readers : unsigned char {
    loopback,  // programs of this machine, others with a token
    token,     // with a token of the scope WORKSPACES_MANAGE
    nobody,
};

// What all calls share. Outlives them.
struct state {
    store::stores& stores;
    const vault::vault& vault;
    std::function<policy::time_point()> clock;
    std::string public_url;  // "https://ci.example.test"; empty: as the client names us
    std::string setup_hash;  // of the code that makes the first owner; empty: there is one
    metrics::registry& metrics = metrics::unread();
    metrics_readers may_read_metrics = metrics_readers::loopback;
    server_log& log = server_log::silent();
    run_executor* runs = nullptr;  // absent: this server executes nothing
    // How long a session stands: since it was last used, and at all.
    std::chrono::minutes session_idle = std::chrono::hours(12);
    std::chrono::minutes session_life = std::chrono::hours(24 * 7);
    std::chrono::minutes step_up{0};  // for how long a password is good for grants and the like; 0: as the session
    std::shared_ptr<login_limits> logins = std::make_shared<login_limits>();
    std::vector<std::string> trusted_proxies = {};  // addresses and networks whose X-Forwarded-For counts
    // Of addresses that start pipelines: passwords that were wrong, and starts.
    std::shared_ptr<rate_limit> wrong_codes = std::make_shared<rate_limit>(10, std::chrono::minutes(15));
    std::shared_ptr<rate_limit> starts_by_address = std::make_shared<rate_limit>(60, std::chrono::minutes(1));
    // Whether services take credentials: how often one person may ask, how long an answer may take, and whether the
    // networks of our own are reached.
    std::shared_ptr<rate_limit> connection_tests = std::make_shared<rate_limit>(10, std::chrono::minutes(1));
    std::chrono::milliseconds connection_test_limit = std::chrono::seconds(10);
    bool private_hosts = false;
    identity::openid_client* openid = nullptr;      // none: people sign in with passwords only
    identity::token_issuer* run_tokens = nullptr;   // none: no tokens for runs
    std::function<void()> wake_triggers = nullptr;  // there is something that starts runs
    agent::exchange* agents = nullptr;              // none: this server has no agents
    // What agents have signed lately: each call is good once.
    std::shared_ptr<triggers::seen_deliveries> agent_calls =
        std::make_shared<triggers::remembered_deliveries>(std::chrono::minutes(5), 2'000'000);
};

// What the answer is, if all went well.
struct answer {
    int status = 200;
    json body = {};
    http::header_list headers = {};
    std::string text = {};  // instead of `body`, with the content type among the headers
    bool bare = false;      // `text` it is, also where it is empty
    // Instead of both; runs on the connection's loop after the handler has returned.
    std::function<async::task<>(http::body_writer&)> stream = nullptr;
};

struct route;

struct call {
    const http::request& request;
    const state& server;
    std::map<std::string, std::string, std::less<>> at;  // what the address has in its places: ":id" → "12"
    std::string base;                                    // "http://127.0.0.1:8080" or with "/api" behind it
    const server::route* route = nullptr;                // by which it came
    json body = {};

    store::user_record user = {};                          // who calls; role and groups where there is a workspace
    std::optional<store::access_token_record> token = {};  // by which they call; none: by a session, or as nobody
    std::optional<store::session_record> session = {};
    std::string csrf_token = {};  // of the session
    std::optional<store::workspace_record> workspace = {};
    std::optional<store::team_project_record> project = {};
    std::optional<store::permission_set_record> role = {};  // in the project
    std::optional<store::team_pipeline_record> pipeline = {};
    std::optional<store::agent_record> agent = {};                   // who calls, where it is one
    policy::pipeline_level access = policy::pipeline_level::denied;  // on the pipeline
    // From then on the clock alone may make another answer of it: whoever looks at a time to come notes it.
    mutable policy::time_point until = policy::time_point::max();

    policy::user_id actor() const { return user.rights.id; }
    policy::time_point now() const { return server.clock(); }
    void stands_until(policy::time_point t) const { until = std::min(until, t); }
    bool administrator() const { return user.rights.role != policy::workspace_role::member; }
    // A number in the address; not_found: it is none.
    result<std::int64_t> number(std::string_view place) const;
    // page and per_page; usage: they are no sensible numbers.
    result<store::page> page() const;
    // "/workspaces/acme"
    std::string workspace_url() const;
    std::string project_url() const;
    std::string own_url() const;  // of the workspace, below /latchkey/v1
};

using handler = result<answer> (*)(call&);

}  // namespace latchkey::server
