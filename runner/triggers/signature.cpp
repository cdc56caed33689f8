// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/signature.hpp"

#include "runner/vault/mac.hpp"

namespace latchkey::triggers {

std::string sign(const vault::secret& key, std::chrono::sys_seconds now, std::string_view body) {
    const std::string time = std::to_string(now.time_since_epoch().count());
    return "t=" + time + ",v1=" + vault::hmac_sha256_hex(key, time + "." + std::string(body));
}

}  // namespace latchkey::triggers
