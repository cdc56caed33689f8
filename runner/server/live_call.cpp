// SPDX-License-Identifier: Apache-2.0
#include "runner/server/live_call.hpp"

#include "runner/server/admission.hpp"
#include "runner/server/route.hpp"

namespace latchkey::server {

namespace {

constexpr std::chrono::seconds between_judgements{1};

}  // namespace

live_call::live_call(const call& c)
    : request_(c.request), server_(c.server), route_(*c.route), at_(c.at), base_(c.base) {}

live_call::~live_call() = default;

result<call*> live_call::now() {
    const auto time = std::chrono::steady_clock::now();
    if (last_ && time - judged_ < between_judgements) return last_.get();
    judged_ = time;
    last_.reset(new call{.request = request_, .server = server_, .at = at_, .base = base_, .route = &route_});
    const auto refused = admit(*last_, route_, noting::nothing);
    if (!refused) return refused.error();
    if (*refused) last_.reset();
    return last_.get();
}

}  // namespace latchkey::server
