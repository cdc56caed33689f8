// SPDX-License-Identifier: Apache-2.0
#include "runner/server/request_metrics.hpp"

#include "runner/server/route.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

// Of what has no route, so that nobody can make names for us.
std::string method_label(const std::string& method) {
    for (const char* known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        if (method == known) return method;
    return "other";
}

}  // namespace

request_metrics::request_metrics(metrics::registry& r)
    : rate_limited(r.count("latchkey_http_rate_limited_total", "Requests that were refused for their number.")),
      unauthorized(r.count("latchkey_http_unauthorized_total", "Requests without a token that is valid there.")),
      registry_(r),
      cells_(routes().size() + 1) {}

void request_metrics::count(const served& s) {
    const std::size_t at = s.route == nullptr ? routes().size() : static_cast<std::size_t>(s.route - routes().data());
    cell& c = cells_.at(at);
    const auto status = static_cast<std::size_t>(std::clamp(s.status / 100, 0, 5));
    metrics::counter* counter = c.by_class.at(status).load(std::memory_order_acquire);
    metrics::histogram* times = c.times.load(std::memory_order_acquire);
    if (counter == nullptr || times == nullptr || s.route == nullptr) {
        const std::string path = s.route == nullptr ? "(none)" : std::string(s.route->path);
        const std::string method = s.route == nullptr ? method_label(s.method) : std::string(s.route->method);
        counter = &registry_.count("latchkey_http_requests_total", "Requests that were answered.",
                                   {{"method", method}, {"route", path}, {"status", std::to_string(status) + "xx"}});
        times = &registry_.time("latchkey_http_request_seconds", "How long requests took to answer.",
                                {{"method", method}, {"route", path}});
        if (s.route != nullptr) {
            c.by_class.at(status).store(counter, std::memory_order_release);
            c.times.store(times, std::memory_order_release);
        }
    }
    counter->add();
    times->observe(s.took);
}

void request_metrics::count_refused(int status) {
    registry_
        .count("latchkey_http_refused_total", "What arrived and was no request, by the status that it was answered.",
               {{"status", std::to_string(status)}})
        .add();
}

void count_login(metrics::registry& r, std::string_view how, bool good) {
    r.count("latchkey_logins_total", "Attempts of people to sign in.",
            {{"how", std::string(how)}, {"result", good ? "good" : "refused"}})
        .add();
}

}  // namespace latchkey::server
