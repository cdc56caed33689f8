// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/vault.hpp"

#include <sodium.h>

#include <optional>
#include <string_view>
#include <utility>

namespace latchkey::vault {

namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t data_key_size = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void put_number(std::string& out, std::int64_t n) {
    for (int shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<char>((static_cast<std::uint64_t>(n) >> shift) & 0xffU));
}

// What a sealed field is bound to: moved to another integration, field or version it does not open.
std::string associated(policy::integration_id integration, const std::string& name, std::int64_t version) {
    std::string data = "field";
    put_number(data, integration.value());
    put_number(data, version);
    put_number(data, static_cast<std::int64_t>(name.size()));
    return data + name;
}

std::string associated_own(const std::string& name, std::int64_t version) {
    std::string data = "own";
    put_number(data, version);
    return data + name;
}

std::string associated(const value_owner& owner, const std::string& name, std::int64_t version) {
    std::string data = "value";
    put_number(data, static_cast<std::int64_t>(owner.kind));
    put_number(data, owner.id);
    put_number(data, version);
    put_number(data, static_cast<std::int64_t>(name.size()));
    return data + name;
}

std::string associated_key(std::int64_t id) {
    std::string data = "key";
    put_number(data, id);
    return data;
}

std::string encrypt(const secret& key, std::string_view plain, const std::string& data) {
    std::string out(nonce_size + plain.size() + tag_size, '\0');
    randombytes_buf(out.data(), nonce_size);
    auto* const cipher = reinterpret_cast<unsigned char*>(out.data() + nonce_size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(cipher, nullptr, bytes_of(plain), plain.size(), bytes_of(data),
                                               data.size(), nullptr, bytes_of(out), bytes_of(key.reveal()));
    return out;
}

// Empty when the bytes are not what was sealed under this key for this data.
std::optional<secret> decrypt(const secret& key, std::string_view sealed, const std::string& data) {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    std::string plain(sealed.size() - nonce_size - tag_size, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(plain.data());
    const std::string_view cipher = sealed.substr(nonce_size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, nullptr, nullptr, bytes_of(cipher), cipher.size(),
                                                   bytes_of(data), data.size(), bytes_of(sealed),
                                                   bytes_of(key.reveal())) != 0) {
        wipe(plain);
        return std::nullopt;
    }
    return secret(std::move(plain));
}

failure does_not_open(const std::string& what) {
    return {errc::corrupt, what + " does not open: it was changed in the store, or sealed under another master key"};
}

}  // namespace

result<vault> vault::unlock(const master_key& master, std::span<const wrapped_key> wrapped) {
    vault v;
    for (const wrapped_key& w : wrapped) {
        auto key = decrypt(master.bytes, w.bytes, associated_key(w.id));
        if (!key || key->size() != data_key_size)
            return failure(errc::corrupt, "the data key " + std::to_string(w.id) +
                                              " does not open with the master key from " + master.origin +
                                              ": put the right master key back");
        v.keys_.insert_or_assign(w.id, std::move(*key));
    }
    if (v.keys_.empty()) return failure(errc::refused, "the vault has no data key");
    return v;
}

wrapped_key vault::make_key(const master_key& master, std::int64_t id) {
    std::string key(data_key_size, '\0');
    randombytes_buf(key.data(), key.size());
    wrapped_key w{id, encrypt(master.bytes, key, associated_key(id))};
    wipe(key);
    return w;
}

result<std::vector<wrapped_key>> vault::rewrap(const master_key& from, const master_key& to,
                                               std::span<const wrapped_key> wrapped) {
    std::vector<wrapped_key> all;
    for (const wrapped_key& w : wrapped) {
        const auto key = decrypt(from.bytes, w.bytes, associated_key(w.id));
        if (!key) return does_not_open("the data key " + std::to_string(w.id));
        all.push_back({w.id, encrypt(to.bytes, key->reveal(), associated_key(w.id))});
    }
    return all;
}

sealed_field vault::seal(policy::integration_id integration, std::string name, std::int64_t version,
                         const secret& value) const {
    const auto& [id, key] = *keys_.rbegin();
    std::string bytes = encrypt(key, value.reveal(), associated(integration, name, version));
    return {std::move(name), version, id, std::move(bytes)};
}

sealed_field vault::seal_value(const value_owner& owner, std::string name, std::int64_t version,
                               const secret& value) const {
    const auto& [id, key] = *keys_.rbegin();
    std::string bytes = encrypt(key, value.reveal(), associated(owner, name, version));
    return {std::move(name), version, id, std::move(bytes)};
}

result<secret> vault::open_value(const value_owner& owner, const sealed_field& field) const {
    const auto key = keys_.find(field.key);
    if (key == keys_.end())
        return failure(errc::corrupt, "the value of " + field.name + " is sealed under a data key that is not there");
    auto value = decrypt(key->second, field.bytes, associated(owner, field.name, field.version));
    if (!value) return does_not_open("the value of " + field.name);
    return std::move(*value);
}

result<std::vector<opened_field>> vault::open(const policy::decision& decision, policy::integration_id integration,
                                              std::span<const sealed_field> fields) const {
    return open_all(decision.allowed(), decision.integration(), integration, fields);
}

result<std::vector<opened_field>> vault::open(const policy::trial& trial, policy::integration_id integration,
                                              std::span<const sealed_field> fields) const {
    return open_all(trial.allowed(), trial.integration(), integration, fields);
}

result<std::vector<opened_field>> vault::open_all(bool allowed, policy::integration_id of,
                                                  policy::integration_id integration,
                                                  std::span<const sealed_field> fields) const {
    if (!allowed) return failure(errc::refused, "a secret was asked for without a permission");
    if (of != integration)
        return failure(errc::refused, "a secret was asked for with another integration's permission");
    std::vector<opened_field> opened;
    for (const sealed_field& field : fields) {
        auto value = open_one(integration, field);
        if (!value) return value.error();
        opened.push_back({field.name, std::move(*value)});
    }
    return opened;
}

result<sealed_field> vault::reseal(policy::integration_id integration, const sealed_field& field) const {
    const auto value = open_one(integration, field);
    if (!value) return value.error();
    return seal(integration, field.name, field.version, *value);
}

sealed_field vault::seal_own(std::string name, std::int64_t version, const secret& value) const {
    const auto& [id, key] = *keys_.rbegin();
    std::string bytes = encrypt(key, value.reveal(), associated_own(name, version));
    return {std::move(name), version, id, std::move(bytes)};
}

result<secret> vault::open_own(const sealed_field& field) const {
    const auto key = keys_.find(field.key);
    if (key == keys_.end())
        return failure(errc::corrupt, "the key " + field.name + " is sealed under a data key that is not there");
    auto value = decrypt(key->second, field.bytes, associated_own(field.name, field.version));
    if (!value) return does_not_open("the key " + field.name);
    return std::move(*value);
}

result<secret> vault::open_one(policy::integration_id integration, const sealed_field& field) const {
    const auto key = keys_.find(field.key);
    if (key == keys_.end())
        return failure(errc::corrupt, "the field " + field.name + " is sealed under a data key that is not there");
    auto value = decrypt(key->second, field.bytes, associated(integration, field.name, field.version));
    if (!value) return does_not_open("the field " + field.name);
    return std::move(*value);
}

}  // namespace latchkey::vault
