// SPDX-License-Identifier: Apache-2.0
#include "runner/server/tokens.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <optional>

namespace latchkey::server {

namespace {

namespace ip = boost::asio::ip;

// An address of IPv4 that came over a socket of IPv6 is the same address.
std::optional<ip::address> address_in(std::string_view text) {
    boost::system::error_code ec;
    ip::address a = ip::make_address(std::string(text), ec);
    if (ec) return std::nullopt;
    if (a.is_v6() && a.to_v6().is_v4_mapped()) a = ip::make_address_v4(ip::v4_mapped, a.to_v6());
    return a;
}

bool within(const ip::address& a, std::string_view pattern) {
    if (pattern.find('/') == std::string_view::npos) return address_in(pattern) == a;
    boost::system::error_code ec;
    if (a.is_v4()) {
        const auto net = ip::make_network_v4(std::string(pattern), ec);
        return !ec && (a.to_v4().to_uint() & net.netmask().to_uint()) == net.network().to_uint();
    }
    const auto net = ip::make_network_v6(std::string(pattern), ec);
    return !ec && ip::network_v6(a.to_v6(), net.prefix_length()).network() == net.network();
}

}  // namespace

bool is_of(std::string_view address, const std::vector<std::string>& patterns) {
    const auto from = address_in(address);
    return from && std::ranges::any_of(patterns, [&](const std::string& p) { return within(*from, p); });
}

bool usable(const store::access_token_record& token, std::string_view peer, policy::time_point now) {
    if (token.expires_at && now >= *token.expires_at) return false;
    if (token.addresses.empty()) return true;
    return is_of(peer, token.addresses);
}

bool is_address_pattern(std::string_view pattern) {
    if (pattern.find('/') == std::string_view::npos) return address_in(pattern).has_value();
    boost::system::error_code ec4;
    boost::system::error_code ec6;
    (void)ip::make_network_v4(std::string(pattern), ec4);
    (void)ip::make_network_v6(std::string(pattern), ec6);
    return !ec4 || !ec6;
}

}  // namespace latchkey::server
