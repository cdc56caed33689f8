// SPDX-License-Identifier: Apache-2.0
#include "runner/server/variable_input.hpp"

#include "runner/identity/pem_key.hpp"
#include "runner/vault/base64.hpp"
#include "runner/vault/ssh_key.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 7> types = {
    "VAR", "FILE", "SSH_KEY", "SSH_PUBLIC_KEY", "GPG_KEY", "IOS_KEYCHAIN", "IOS_PROVISION_PROFILES"};
// Their values are keys: nobody needs to read one back.
constexpr std::array<std::string_view, 4> always_encrypted = {"SSH_KEY", "GPG_KEY", "IOS_KEYCHAIN",
                                                              "IOS_PROVISION_PROFILES"};
constexpr std::array<const char*, 5> given_texts = {"file_name", "file_path", "init_path", "defaults",
                                                    "key_identifier"};
// Of a key, found in its value.
constexpr std::array<const char*, 3> derived_texts = {"public_value", "key_fingerprint", "checksum"};

bool is_name(std::string_view key) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !key.empty() && key.size() <= 255 && letter(key.front()) &&
           std::ranges::all_of(key, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_mode(std::string_view text) {
    return (text.size() == 3 || text.size() == 4) &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
}

void set(store::facts& settings, std::string_view name, std::string value) {
    std::erase_if(settings, [&](const auto& s) { return s.first == name; });
    settings.emplace_back(name, std::move(value));
}

const std::string* get(const store::facts& settings, std::string_view name) {
    const auto at = std::ranges::find(settings, name, &std::pair<std::string, std::string>::first);
    return at == settings.end() ? nullptr : &at->second;
}

void read_file_settings(input& in, store::facts& settings) {
    for (const char* name : given_texts)
        if (auto text = in.text(name)) set(settings, name, std::move(*text));
    if (const auto place = in.text("file_place")) {
        if (*place != "NONE" && *place != "CONTAINER") in.refuse("`file_place` must be NONE or CONTAINER");
        set(settings, "file_place", *place);
    }
    if (const auto mode = in.text("file_chmod"); mode && !mode->empty()) {
        if (!is_mode(*mode)) in.refuse("`file_chmod` must be three or four octal digits, as in 600");
        set(settings, "file_chmod", *mode);
    }
    if (const auto only = in.flag("run_only_settable")) set(settings, "run_only_settable", *only ? "true" : "false");
    for (const char* name : {"password", "passphrase"})
        if (const auto secret = in.text(name); secret && !secret->empty())
            in.refuse("`" + std::string(name) + "` can't be kept: give a key without one");
}

void find_public_half(store::variable_record& v, const std::string& value) {
    std::optional<vault::ssh_public_key> key;
    if (v.type == "SSH_KEY") {
        const vault::secret text{std::string(value)};
        key = vault::public_half(text);
        if (!key) key = identity::public_half_of_pem(text);
    }
    if (v.type == "SSH_PUBLIC_KEY") key = vault::read_public_key(value);
    std::erase_if(v.settings,
                  [](const auto& s) { return std::ranges::find(derived_texts, s.first) != derived_texts.end(); });
    if (!key) return;
    set(v.settings, "public_value", key->line);
    set(v.settings, "key_fingerprint", key->fingerprint);
    set(v.settings, "checksum", key->checksum);
}

}  // namespace

result<std::optional<std::string>> read_variable(input& in, store::variable_record& v, bool is_new) {
    if (std::ranges::find(types, v.type) == types.end()) {
        std::string list;
        for (const auto t : types) list += (list.empty() ? "" : ", ") + std::string(t);
        in.refuse("`type` must be one of " + list);
    }
    if (!is_name(v.key)) in.refuse("`key` has letters, digits and _ only, and no digit first");
    if (const auto text = in.text("description")) v.description = *text;
    if (const auto flag = in.flag("settable")) v.settable = *flag;
    read_file_settings(in, v.settings);
    auto value = in.text("value");
    if (value && !is_new && v.encrypted && *value == placeholder_of(v)) value.reset();
    if (value && (value->starts_with("secure!") || value->starts_with("!encrypted")))
        in.refuse("`value` is what stands in the place of an encrypted one: send the value itself");
    const bool always = std::ranges::find(always_encrypted, v.type) != always_encrypted.end();
    const auto encrypted = in.flag("encrypted");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (v.type == "FILE" && value && !vault::decode_base64(*value))
        return failure(errc::usage, "`value` of a FILE is its content in base64");
    if (is_new && always && value.value_or("").empty()) return failure(errc::usage, "`value` is missing");
    // Of a new key `encrypted: false` is a client's default; of one that is there it would be a wish.
    if (always && !is_new && encrypted && !*encrypted)
        return failure(errc::refused, "a variable of the type " + v.type + " is always encrypted");
    v.encrypted = always || encrypted.value_or(v.encrypted);
    if (value) find_public_half(v, *value);
    return value;
}

result<void> put_value(const call& c, const store::variable_record& known, store::variable_record& changed,
                       std::optional<std::string> value) {
    if (!changed.encrypted) {
        if (known.encrypted && !value)
            return failure(errc::refused,
                           "`value` is missing: what is encrypted is not shown again, so say the new value, too");
        if (value) changed.value = std::move(*value);
        changed.sealed.reset();
        return {};
    }
    if (known.encrypted && !value) return {};
    const std::int64_t version = known.sealed ? known.sealed->version + 1 : 1;
    changed.sealed = sealed_value(c, known.id, version, value ? std::move(*value) : known.value);
    changed.value.clear();
    return {};
}

vault::sealed_field sealed_value(const call& c, policy::variable_id id, std::int64_t version, std::string value) {
    return c.server.vault.seal_value({vault::value_kind::variable, id.value()}, "value", version,
                                     vault::secret(std::move(value)));
}

std::string placeholder_of(const store::variable_record& v) {
    return "secure!" + std::to_string(v.id.value()) + "." + std::to_string(v.sealed ? v.sealed->version : 0);
}

void show_variable_settings(const store::facts& settings, json& to) {
    const auto show = [&](const char* name) {
        const std::string* value = get(settings, name);
        to[name] = value == nullptr || value->empty() ? json() : json(*value);
    };
    for (const char* name : given_texts) show(name);
    for (const char* name : derived_texts) show(name);
    show("file_place");
    show("file_chmod");
    const std::string* only = get(settings, "run_only_settable");
    to["run_only_settable"] = only != nullptr && *only == "true";
}

}  // namespace latchkey::server
