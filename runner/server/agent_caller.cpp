// SPDX-License-Identifier: Apache-2.0
#include "runner/server/agent_caller.hpp"

#include "runner/agent/protocol.hpp"
#include "runner/vault/key_pairs.hpp"
#include "runner/vault/sha256.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>

namespace latchkey::server {

namespace {

failure unknown() {
    return {errc::denied, "the call is not signed by an agent of this server"};
}

std::optional<std::int64_t> number_from(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::string_view next_part(std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

}  // namespace

result<store::agent_record> agent_of(const call& c) {
    const std::string* header = c.request.header("Authorization");
    if (c.server.agents == nullptr || header == nullptr || !header->starts_with(agent::authorization_scheme))
        return unknown();
    std::string_view rest = std::string_view(*header).substr(agent::authorization_scheme.size());
    const std::string_view id_text = next_part(rest);
    const std::string_view time_text = next_part(rest);
    const std::string_view nonce = next_part(rest);
    const std::string_view signature = rest;
    const auto id = number_from(id_text);
    const auto time = number_from(time_text);
    if (!id || !time || nonce.size() < 16 || nonce.size() > 64) return unknown();
    auto known = c.server.stores.machines->get(*id);
    if (!known) return known.error().code == errc::not_found ? unknown() : known.error();
    const std::string* lease = c.request.header(agent::lease_header);
    vault::sha256 body;
    body.add(c.request.body);
    if (!vault::is_signed_by(known->signing_key,
                             agent::text_to_sign(id_text, c.request.method, c.request.target, body.hex(), time_text,
                                                 nonce, lease == nullptr ? "" : *lease),
                             signature))
        return unknown();
    const auto now = std::chrono::floor<std::chrono::seconds>(c.now());
    const std::int64_t late = now.time_since_epoch().count() - *time;
    if (std::llabs(late) > agent::longest_delay)
        return failure(errc::denied, "the clocks of this agent and the server are " +
                                         std::to_string(std::llabs(late)) + " seconds apart: set them");
    auto first = c.server.agent_calls->first_time(std::string(id_text), std::string(nonce), now);
    if (!first) return first.error();
    if (!*first) return unknown();
    return std::move(*known);
}

}  // namespace latchkey::server
