// SPDX-License-Identifier: Apache-2.0
//
// Webhooks of forges: first who sent it, then what it says. Nothing of a body is read before its signature is right.
// Pure; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/triggers/event.hpp"
#include "runner/triggers/signature.hpp"
#include "runner/vault/secret.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace latchkey::triggers {

enum class forge : unsigned char { github, gitlab, gitea, bitbucket, generic };

std::optional<forge> forge_named(std::string_view);  // as in the hook's address: "github", …, "signed"

inline constexpr std::size_t largest_webhook = 8UL << 20U;
// How far a signed delivery's own time may be from ours, either way.
inline constexpr std::chrono::minutes replay_window{5};

struct hook_request {
    std::span<const std::pair<std::string, std::string>> headers;
    std::string_view body;
    std::string_view header(std::string_view name) const;  // without regard to case; empty: none
    bool repeats(std::string_view name) const;
};

// denied: the signature is missing, wrong, or (of our own kind) not of now; usage: what it says can't be understood.
//   github     X-Hub-Signature-256: sha256=<hex of HMAC-SHA-256 of the body>
//   gitlab     X-Gitlab-Token: <the secret>
//   gitea      X-Gitea-Signature: <hex>; Forgejo's is the same
//   bitbucket  X-Hub-Signature: sha256=<hex>; Cloud and Data Center
//   signed     X-Latchkey-Signature: t=<unix time>,v1=<hex of HMAC-SHA-256 of "<t>.<body>">
// That a delivery comes a second time is for `seen_deliveries` to tell, by its key.
result<delivery> receive(forge, const hook_request&, const vault::secret& key, std::chrono::sys_seconds now);

}  // namespace latchkey::triggers
