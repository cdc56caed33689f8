// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are of the open internet: what people may have a server talk to that must not reach its own
// network through it. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace latchkey::outgoing {

bool is_public(const std::array<std::uint8_t, 4>&);
// Also by the IPv4 address that it may stand for.
bool is_public(const std::array<std::uint8_t, 16>&);
bool is_public(std::string_view address);  // as text; false: it is none

}  // namespace latchkey::outgoing
