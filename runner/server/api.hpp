// SPDX-License-Identifier: Apache-2.0
//
// The REST API as an HTTP application: finds the route, lets the call in or not, runs its handler on the pool, and
// makes every error one shape, `{"errors":[{"message":…}]}`. Lives on the server's loop; handlers run on the pool's
// threads.
#pragma once

#include "runner/http/server.hpp"
#include "runner/server/call.hpp"
#include "runner/server/rate_limit.hpp"
#include "runner/server/remembered_answers.hpp"
#include "runner/server/request_metrics.hpp"
#include "runner/server/served.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <string>

namespace latchkey::server {

struct match;

class api final : public http::application {
public:
    struct options {
        int calls_an_hour = 60'000;  // of one user
        std::function<void(const served&)> on_served;
    };
    api(const state&, boost::asio::thread_pool&, options);

    std::size_t body_limit(const http::request&) const override;
    async::task<http::response> handle(http::request) override;
    http::response refuse(int status, std::string_view why) override;

private:
    // On the pool. `keep` gets an answer that the same call may be given again.
    http::response answer_to(const http::request&, match&, served&, std::optional<remembered_answer>& keep);
    async::task<http::response> answer_anew(const http::request&, std::string key, served&);
    // What the store still says, without a thread of the pool; none: it has to be looked at.
    std::optional<http::response> answer_again(const std::string& key, served&);
    http::response with_limits(http::response, const rate_limit::standing&) const;
    boost::asio::thread_pool& pool_for(const match&);
    http::response problem(int status, const std::string& why) const;
    http::response failed(const failure&, served&) const;

    const state& state_;
    boost::asio::thread_pool& pool_;
    // How many passwords are worked with at once, each with 64 MiB; and how many calls wait for other servers.
    boost::asio::thread_pool passwords_{2};
    boost::asio::thread_pool outgoing_{2};
    boost::asio::thread_pool repositories_{2};
    boost::asio::thread_pool trials_{2};
    boost::asio::thread_pool pushes_{2};
    options options_;
    rate_limit limit_;
    request_metrics metrics_;
    remembered_answers remembered_;
    std::atomic<std::uint64_t> calls_{0};
    std::string instance_;
};

// The status for a failure: usage 400, denied 403, not_found 404, conflict 409, refused 422; others are ours: 500.
int status_of(errc);

}  // namespace latchkey::server
