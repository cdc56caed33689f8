// SPDX-License-Identifier: Apache-2.0
//
// What server and agent agree on besides JSON: the version, the addresses, and what a call's signature covers. Values
// and pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::agent {

// Both ends say it, and one that says another is refused: what an action is must mean the same to both.
inline constexpr int protocol_version = 1;

inline constexpr std::string_view base_path = "/latchkey/v1/agent";
// "12.7": a lease's number and the fence under which it was given.
inline constexpr std::string_view lease_header = "X-Latchkey-Lease";
inline constexpr std::string_view authorization_scheme = "Latchkey-Agent ";

// Of what an action printed, in one call.
inline constexpr std::size_t largest_chunk = 256UL * 1024;
// What a call may be, seconds from the server's clock.
inline constexpr int longest_delay = 60;

// What an agent signs of a call. `target` as it is sent, with its query.
inline std::string text_to_sign(std::string_view agent, std::string_view method, std::string_view target,
                                std::string_view body_sha256, std::string_view time, std::string_view nonce,
                                std::string_view lease) {
    std::string text = "latchkey agent 1";
    for (const std::string_view part : {agent, method, target, body_sha256, time, nonce, lease}) {
        text += '\n';
        text += part;
    }
    return text;
}

}  // namespace latchkey::agent
