// SPDX-License-Identifier: Apache-2.0
//
// The audit log's entries and their hash chain: canonical bytes, the hash that binds each entry to the one
// before, and a verifier that names the first entry that was touched. Where entries are kept is the store's.
// Value types, no thread rule. Must not know JSON: the canonical form is length-prefixed fields.
#pragma once

#include "policy/model.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::policy {

using chain_hash = std::array<unsigned char, 32>;  // BLAKE2b-256

// What happened. Stored by name (to_string), so that a reader of old logs never guesses.
enum class audit_kind : unsigned char {
    decision,  // allow and deny alike
    secret_opened,
    grant,
    revoke,
    integration_created,
    integration_edited,
    integration_deleted,
    run_started,
    run_retried,
    run_cancelled,
    approval,
    login,
    key_rotated,
    pipeline_retired,  // it is no longer in its file: what it was granted is not inherited
    // Each with what was done to it, and by whom; of secrets never the value.
    workspace_changed,
    member_changed,
    group_changed,
    permission_set_changed,
    project_changed,
    pipeline_changed,
    token_changed,
    password_changed,
    variable_changed,
    webhook_changed,
    environment_changed,
    account_changed,   // a person's addresses and keys
    access_requested,  // somebody asked for a permission, and what became of that
    agent_changed,     // one may come, has come, takes no more, is gone
};

std::string_view to_string(audit_kind);
std::optional<audit_kind> audit_kind_from(std::string_view);

struct audit_entry {
    std::int64_t sequence = 0;  // 1, 2, 3, … without a gap
    time_point at{};
    audit_kind kind = audit_kind::decision;
    user_id actor;  // invalid: the system itself
    policy::revision revision;
    // Facts of the entry in the order given; keys are unique. Never a secret.
    std::vector<std::pair<std::string, std::string>> facts;
    chain_hash hash{};  // over the previous entry's hash and canonical_bytes()
};

// The bytes that the hash covers: every field but `hash`, each length-prefixed, so that no two entries share them.
std::string canonical_bytes(const audit_entry&);

chain_hash hash_of(const chain_hash& previous, const audit_entry&);

// Walks entries in order. `previous` starts as all zero.
class chain_verifier {
public:
    // Feed the next entry; false from the first entry on that is out of sequence or does not match its hash.
    bool feed(const audit_entry&);
    // The sequence number of the first broken entry; 0 while all is well.
    std::int64_t first_broken() const { return first_broken_; }
    std::int64_t verified() const { return verified_; }
    const chain_hash& head() const { return head_; }

private:
    chain_hash head_{};
    std::int64_t verified_ = 0;
    std::int64_t first_broken_ = 0;
};

std::string to_hex(const chain_hash&);

}  // namespace latchkey::policy
