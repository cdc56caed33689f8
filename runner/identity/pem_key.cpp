// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/pem_key.hpp"

#include "runner/vault/base64.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string>
#include <vector>

namespace latchkey::identity {

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

int no_passphrase(char*, int, int, void*) {
    return -1;
}

void add_field(std::string& to, std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(size >> static_cast<unsigned>(shift) & 255U);
    to += bytes;
}

// Of a positive number: a first bit that is set would make it negative.
bool add_number(std::string& to, const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return false;
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(raw, BN_free);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
    if (!bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0) bytes.insert(0, 1, '\0');
    add_field(to, bytes);
    return true;
}

std::string rsa_blob(const EVP_PKEY* key) {
    std::string blob;
    add_field(blob, "ssh-rsa");
    return add_number(blob, key, OSSL_PKEY_PARAM_RSA_E) && add_number(blob, key, OSSL_PKEY_PARAM_RSA_N) ? blob : "";
}

std::string ed25519_blob(const EVP_PKEY* key) {
    std::array<unsigned char, 32> raw{};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return "";
    std::string blob;
    add_field(blob, "ssh-ed25519");
    add_field(blob, {reinterpret_cast<const char*>(raw.data()), size});
    return blob;
}

std::string curve_blob(const EVP_PKEY* key) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &size) != 1)
        return "";
    const std::string_view named(group.data(), size);
    const std::string curve = named == "prime256v1"  ? "nistp256"
                              : named == "secp384r1" ? "nistp384"
                              : named == "secp521r1" ? "nistp521"
                                                     : "";
    if (curve.empty()) return "";
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size) != 1) return "";
    std::string point(size, '\0');
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()),
                                        point.size(), &size) != 1)
        return "";
    std::string blob;
    add_field(blob, "ecdsa-sha2-" + curve);
    add_field(blob, curve);
    add_field(blob, point);
    return blob;
}

std::string blob_of(const EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
            return rsa_blob(key);
        case EVP_PKEY_ED25519:
            return ed25519_blob(key);
        case EVP_PKEY_EC:
            return curve_blob(key);
        default:
            return "";
    }
}

}  // namespace

std::optional<vault::ssh_public_key> public_half_of_pem(const vault::secret& text) {
    constexpr std::size_t longest = 64UL * 1024;
    if (text.size() > longest || text.reveal().find("PRIVATE KEY-----") == std::string_view::npos)
        return std::nullopt;
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(
        BIO_new_mem_buf(text.reveal().data(), static_cast<int>(text.size())), BIO_free);
    if (!in) return std::nullopt;
    const key_ptr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
    if (!key) return std::nullopt;
    const std::string blob = blob_of(key.get());
    if (blob.empty()) return std::nullopt;
    const std::string type = blob.substr(4, static_cast<unsigned char>(blob[3]));
    return vault::read_public_key(type + " " + vault::encode_base64(blob));
}

}  // namespace latchkey::identity
