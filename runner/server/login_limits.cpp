// SPDX-License-Identifier: Apache-2.0
#include "runner/server/login_limits.hpp"

#include "runner/vault/token.hpp"

#include <boost/asio/ip/network_v6.hpp>

namespace latchkey::server {

namespace {

namespace ip = boost::asio::ip;

// Who has one address of IPv6 has all of its network.
std::string network_of(const std::string& peer) {
    boost::system::error_code ec;
    const auto address = ip::make_address_v6(peer, ec);
    if (ec || address.is_v4_mapped()) return peer;
    return ip::network_v6(address, 64).canonical().to_string();
}

// Of any length, without case, in a key of one length.
std::string key_of(std::string account) {
    for (char& c : account)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return vault::hash_of_token(account);
}

}  // namespace

rate_limit::standing login_limits::take(const std::string& peer, policy::time_point now) {
    return by_address_.take(network_of(peer), now);
}

rate_limit::standing login_limits::take(const std::string& peer, const std::string& account, policy::time_point now) {
    const auto address = take(peer, now);
    if (!address.allowed) return address;
    const auto own = by_account_.take(key_of(account), now);
    return !own.allowed || own.remaining < address.remaining ? own : address;
}

}  // namespace latchkey::server
