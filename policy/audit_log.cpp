// SPDX-License-Identifier: Apache-2.0
#include "policy/audit_log.hpp"

#include <sodium.h>

namespace latchkey::policy {

namespace {

void put_number(std::string& out, std::int64_t n) {
    const auto u = static_cast<std::uint64_t>(n);
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>((u >> shift) & 0xff));
}

void put_text(std::string& out, std::string_view text) {
    put_number(out, static_cast<std::int64_t>(text.size()));
    out += text;
}

}  // namespace

std::string_view to_string(audit_kind kind) {
    switch (kind) {
        case audit_kind::decision:
            return "decision";
        case audit_kind::secret_opened:
            return "secret_opened";
        case audit_kind::grant:
            return "grant";
        case audit_kind::revoke:
            return "revoke";
        case audit_kind::integration_created:
            return "integration_created";
        case audit_kind::integration_edited:
            return "integration_edited";
        case audit_kind::integration_deleted:
            return "integration_deleted";
        case audit_kind::run_started:
            return "run_started";
        case audit_kind::run_retried:
            return "run_retried";
        case audit_kind::run_cancelled:
            return "run_cancelled";
        case audit_kind::approval:
            return "approval";
        case audit_kind::login:
            return "login";
        case audit_kind::key_rotated:
            return "key_rotated";
        case audit_kind::pipeline_retired:
            return "pipeline_retired";
        case audit_kind::workspace_changed:
            return "workspace_changed";
        case audit_kind::member_changed:
            return "member_changed";
        case audit_kind::group_changed:
            return "group_changed";
        case audit_kind::permission_set_changed:
            return "permission_set_changed";
        case audit_kind::project_changed:
            return "project_changed";
        case audit_kind::pipeline_changed:
            return "pipeline_changed";
        case audit_kind::token_changed:
            return "token_changed";
        case audit_kind::password_changed:
            return "password_changed";
        case audit_kind::variable_changed:
            return "variable_changed";
        case audit_kind::webhook_changed:
            return "webhook_changed";
        case audit_kind::environment_changed:
            return "environment_changed";
        case audit_kind::account_changed:
            return "account_changed";
        case audit_kind::access_requested:
            return "access_requested";
        case audit_kind::agent_changed:
            return "agent_changed";
    }
    return "unknown";
}

std::optional<audit_kind> audit_kind_from(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(audit_kind::agent_changed); ++i)
        if (to_string(static_cast<audit_kind>(i)) == name) return static_cast<audit_kind>(i);
    return std::nullopt;
}

std::string canonical_bytes(const audit_entry& e) {
    std::string out;
    put_number(out, e.sequence);
    put_number(out, e.at.time_since_epoch().count());
    put_text(out, to_string(e.kind));
    put_number(out, e.actor.value());
    put_number(out, e.revision.value());
    put_number(out, static_cast<std::int64_t>(e.facts.size()));
    for (const auto& [key, value] : e.facts) {
        put_text(out, key);
        put_text(out, value);
    }
    return out;
}

chain_hash hash_of(const chain_hash& previous, const audit_entry& e) {
    const std::string bytes = canonical_bytes(e);
    chain_hash hash{};
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, hash.size());
    crypto_generichash_update(&state, previous.data(), previous.size());
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    crypto_generichash_final(&state, hash.data(), hash.size());
    return hash;
}

bool chain_verifier::feed(const audit_entry& e) {
    if (first_broken_ != 0) return false;
    if (e.sequence != verified_ + 1 || hash_of(head_, e) != e.hash) {
        first_broken_ = verified_ + 1;
        return false;
    }
    head_ = e.hash;
    ++verified_;
    return true;
}

std::string to_hex(const chain_hash& hash) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : hash) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 0xfU]);
    }
    return text;
}

}  // namespace latchkey::policy
