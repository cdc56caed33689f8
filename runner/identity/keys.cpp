// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/keys.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/json_object.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace latchkey::identity {

namespace {

using nlohmann::json;

template <auto Free>
struct freed {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using bignum = std::unique_ptr<BIGNUM, freed<BN_free>>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, freed<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed<OSSL_PARAM_BLD_free>>;
using params = std::unique_ptr<OSSL_PARAM, freed<OSSL_PARAM_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>>;
// Wiped when it is freed: it holds private keys.
using memory_bio = std::unique_ptr<BIO, freed<BIO_free>>;

constexpr std::size_t coordinate = 32;  // of P-256

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
    return {key, EVP_PKEY_free};
}

failure no_key() {
    return {errc::invalid, "a key of the key set is no RSA or P-256 key that signs"};
}

std::shared_ptr<EVP_PKEY> from_params(const char* type, OSSL_PARAM_BLD* builder) {
    const params made(OSSL_PARAM_BLD_to_param(builder));
    const pkey_context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!made || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, made.get()) != 1)
        return nullptr;
    auto kept = owned(key);
    // A point that is not on the curve, and the like.
    const pkey_context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
    return kept;
}

std::shared_ptr<EVP_PKEY> rsa_from(const json& jwk) {
    const auto n = from_base64url(text_of(jwk, "n").value_or(""));
    const auto e = from_base64url(text_of(jwk, "e").value_or(""));
    // A huge exponent or modulus costs the verifier, not who sends it.
    if (!n || !e || n->size() < 256 || n->size() > 1024 || e->empty() || e->size() > 8) return nullptr;
    const bignum modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr));
    const bignum exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr));
    const param_builder builder(OSSL_PARAM_BLD_new());
    if (!modulus || !exponent || !builder || BN_num_bits(modulus.get()) < 2048 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
        return nullptr;
    return from_params("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> p256_from(const json& jwk) {
    const auto x = from_base64url(text_of(jwk, "x").value_or(""));
    const auto y = from_base64url(text_of(jwk, "y").value_or(""));
    if (text_of(jwk, "crv") != "P-256" || !x || !y || x->size() != coordinate || y->size() != coordinate)
        return nullptr;
    const std::string point = "\x04" + *x + *y;
    const param_builder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    return from_params("EC", builder.get());
}

// r and s side by side, as JOSE has them, in the form that OpenSSL takes. Empty: they are none.
std::string to_der(std::string_view signature) {
    if (signature.size() != 2 * coordinate) return "";
    const ecdsa_signature parts(ECDSA_SIG_new());
    bignum r(BN_bin2bn(bytes_of(signature), coordinate, nullptr));
    bignum s(BN_bin2bn(bytes_of(signature.substr(coordinate)), coordinate, nullptr));
    if (!parts || !r || !s || ECDSA_SIG_set0(parts.get(), r.get(), s.get()) != 1) return "";
    (void)r.release();
    (void)s.release();
    unsigned char* out = nullptr;
    const int size = i2d_ECDSA_SIG(parts.get(), &out);
    if (size <= 0) return "";
    std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    return der;
}

std::string number_in(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return "";
    const bignum number(raw);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
    return to_base64url(bytes);
}

}  // namespace

result<algorithm> algorithm_from(std::string_view name) {
    if (name == "RS256") return algorithm::rs256;
    if (name == "ES256") return algorithm::es256;
    return failure(errc::invalid, "the token is not signed with RS256 or ES256");
}

std::string_view to_string(algorithm a) {
    return a == algorithm::rs256 ? "RS256" : "ES256";
}

result<public_key> public_key::from_jwk(const json& jwk) {
    if (!jwk.is_object()) return no_key();
    const auto use = text_of(jwk, "use");
    if (use && *use != "sig") return no_key();
    const auto type = text_of(jwk, "kty");
    public_key made;
    if (type == "RSA") {
        made.of_ = algorithm::rs256;
        made.key_ = rsa_from(jwk);
    } else if (type == "EC") {
        made.of_ = algorithm::es256;
        made.key_ = p256_from(jwk);
    }
    // What the key is for is the key's to say, not the token's.
    const auto named = text_of(jwk, "alg");
    if (!made.key_ || (named && *named != to_string(made.of_))) return no_key();
    made.id_ = text_of(jwk, "kid").value_or("");
    return made;
}

bool public_key::verifies(algorithm by, std::string_view text, std::string_view signature) const {
    if (by != of_) return false;
    const std::string sent = by == algorithm::es256 ? to_der(signature) : std::string(signature);
    const digest_context context(EVP_MD_CTX_new());
    return !sent.empty() && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(sent), sent.size(), bytes_of(text), text.size()) == 1;
}

result<private_key> private_key::make() {
    private_key made;
    made.key_ = owned(EVP_RSA_gen(2048));
    if (!made.key_) return failure(errc::io, "OpenSSL made no signing key");
    return made;
}

result<private_key> private_key::from_pem(const vault::secret& pem) {
    const memory_bio in(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.size())));
    private_key read;
    read.key_ = in ? owned(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)) : nullptr;
    if (!read.key_ || EVP_PKEY_get_base_id(read.key_.get()) != EVP_PKEY_RSA)
        return failure(errc::corrupt, "the signing key in the store is no RSA key");
    return read;
}

vault::secret private_key::to_pem() const {
    const memory_bio out(BIO_new(BIO_s_secmem()));
    char* text = nullptr;
    if (!out || PEM_write_bio_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return {};
    const long size = BIO_get_mem_data(out.get(), &text);
    return vault::secret(std::string(text, static_cast<std::size_t>(size)));
}

std::string private_key::id() const {
    // RFC 7638: these members, in this order, without a blank.
    return sha256_base64url(R"({"e":")" + number_in(key_.get(), OSSL_PKEY_PARAM_RSA_E) + R"(","kty":"RSA","n":")" +
                            number_in(key_.get(), OSSL_PKEY_PARAM_RSA_N) + R"("})");
}

json private_key::to_jwk() const {
    return {{"kty", "RSA"},
            {"use", "sig"},
            {"alg", "RS256"},
            {"kid", id()},
            {"n", number_in(key_.get(), OSSL_PKEY_PARAM_RSA_N)},
            {"e", number_in(key_.get(), OSSL_PKEY_PARAM_RSA_E)}};
}

result<std::string> private_key::sign(std::string_view text) const {
    const digest_context context(EVP_MD_CTX_new());
    std::size_t size = 0;
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text),
                       text.size()) != 1)
        return failure(errc::io, "OpenSSL could not sign a token");
    signature.resize(size);
    return signature;
}

}  // namespace latchkey::identity
