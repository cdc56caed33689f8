// SPDX-License-Identifier: Apache-2.0
//
// When and from where an access token may be used, and what lists of addresses and networks mean.
// Pure; any thread.
#pragma once

#include "policy/model.hpp"
#include "runner/store/access_tokens.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

// One of these addresses or networks, as in 10.0.0.0/8.
bool is_of(std::string_view address, const std::vector<std::string>& patterns);

// Whether it may be used from there, now.
bool usable(const store::access_token_record&, std::string_view peer, policy::time_point now);

// "10.0.0.0/8", "127.0.0.1", "2001:db8::/32"
bool is_address_pattern(std::string_view);

}  // namespace latchkey::server
