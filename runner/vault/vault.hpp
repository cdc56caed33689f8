// SPDX-License-Identifier: Apache-2.0
//
// Seals credential fields and opens them again. open() is the one function in the product that opens credentials of
// integrations, and it takes a decision, of a run or of a person's trial: without an allowing one for exactly this
// integration nothing is opened.
// Variables and the secrets of webhooks are sealed too; nobody grants those, so they open for their owner alone.
// XChaCha20-Poly1305; associated data: integration id, field name, version. Data keys are wrapped by a master key
// (master_key.hpp). Const functions may be called by any number of threads.
#pragma once

#include "policy/trial.hpp"
#include "runner/error.hpp"
#include "runner/vault/master_key.hpp"
#include "runner/vault/sealed.hpp"
#include "runner/vault/secret.hpp"

#include <map>
#include <span>
#include <vector>

namespace latchkey::vault {

struct opened_field {
    std::string name;
    secret value;
};

class vault {
public:
    // Unwraps the data keys. corrupt: a wrapped key does not open with this master key.
    static result<vault> unlock(const master_key&, std::span<const wrapped_key>);

    // A new data key, wrapped; the caller stores it, then unlocks again with it among the keys.
    static wrapped_key make_key(const master_key&, std::int64_t id);
    // The same data keys wrapped by another master key: rotation of the master key without touching any field.
    static result<std::vector<wrapped_key>> rewrap(const master_key& from, const master_key& to,
                                                   std::span<const wrapped_key>);

    // Under the newest data key.
    sealed_field seal(policy::integration_id, std::string name, std::int64_t version, const secret&) const;

    // refused: the decision does not allow, or is for another integration. corrupt: a field does not open.
    result<std::vector<opened_field>> open(const policy::decision&, policy::integration_id,
                                           std::span<const sealed_field>) const;
    // To show them to the integration's own service, for the person whom the decision is about.
    result<std::vector<opened_field>> open(const policy::trial&, policy::integration_id,
                                           std::span<const sealed_field>) const;

    // Likewise for one value of an owner; its name says what it is in messages.
    sealed_field seal_value(const value_owner&, std::string name, std::int64_t version, const secret&) const;
    // corrupt: it does not open, or is another owner's. For who delivers it: a run that starts, a webhook that is
    // sent.
    result<secret> open_value(const value_owner&, const sealed_field&) const;

    // For rotation of data keys: the same value under the newest key. Never hands out the plain value.
    result<sealed_field> reseal(policy::integration_id, const sealed_field&) const;

    // For keys that the server itself works with and hands to nobody, such as the one that signs its tokens: they are
    // no integration's, so there is no decision about them, and no field of an integration opens this way.
    sealed_field seal_own(std::string name, std::int64_t version, const secret&) const;
    result<secret> open_own(const sealed_field&) const;

    vault(vault&&) noexcept = default;
    vault& operator=(vault&&) noexcept = default;

private:
    vault() = default;
    result<std::vector<opened_field>> open_all(bool allowed, policy::integration_id of, policy::integration_id wanted,
                                               std::span<const sealed_field>) const;
    result<secret> open_one(policy::integration_id, const sealed_field&) const;
    std::map<std::int64_t, secret> keys_;
};

}  // namespace latchkey::vault
