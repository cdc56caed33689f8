// SPDX-License-Identifier: Apache-2.0
// Tokens and keys against the examples of RFC 7515 and RFC 7638, which others made.
#include "runner/identity/jwt.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/identity/json_object.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::identity;
using nlohmann::json;

namespace {

// RFC 7515, A.2 and A.3.
const std::string rs256 =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
    "IoypGlUPQGe77Rw";
const std::string es256 =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const json rsa_key = {
    {"kty", "RSA"},
    {"n",
     "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
     "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
     "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
     "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
    {"e", "AQAB"}};
const json ec_key = {{"kty", "EC"},
                     {"crv", "P-256"},
                     {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                     {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}};

bool verifies(const std::string& token, const json& jwk) {
    const auto read = read_jwt(token);
    const auto key = public_key::from_jwk(jwk);
    return read && key && key->verifies(read->signed_by, read->signed_text, read->signature);
}

std::string with_header(const std::string& header) {
    return to_base64url(header) + ".e30.AA";
}

}  // namespace

TEST_SUITE("identity.jwt") {
    TEST_CASE("the RFC's signatures are right, and nobody else's") {
        CHECK(verifies(rs256, rsa_key));
        CHECK(verifies(es256, ec_key));
        CHECK_FALSE(verifies(rs256, ec_key));
        CHECK_FALSE(verifies(es256, rsa_key));
        CHECK_EQ(read_jwt(es256)->claims["iss"], "joe");
        for (const std::string& token : {rs256, es256})
            for (std::size_t at = 0; at < token.size(); at += 7) {
                if (token[at] == '.') continue;
                std::string other = token;
                other[at] = other[at] == 'A' ? 'B' : 'A';
                CAPTURE(at);
                CHECK_FALSE(verifies(other, token == rs256 ? rsa_key : ec_key));
            }
    }

    TEST_CASE("what is no token of ours to read is refused, by its algorithm before anything else") {
        for (const std::string name :
             {"none", "None", "HS256", "HS512", "RS512", "ES384", "PS256", "EdDSA", "", "rs256"}) {
            CAPTURE(name);
            const auto no = read_jwt(with_header(R"({"alg":")" + name + R"("})"));
            REQUIRE(no.has_error());
            CHECK_EQ(no.error().what, "the token is not signed with RS256 or ES256");
        }
        const auto why = [](const std::string& text) {
            const auto no = read_jwt(text);
            return no ? std::string() : no.error().what;
        };
        CHECK_EQ(why(with_header(R"({"alg":"RS256","crit":["b64"],"b64":false})")),
                 "the token demands something that is not known here");
        CHECK_EQ(why(with_header(R"({"alg":"none","alg":"RS256"})")),
                 "the token's header has `alg` twice in one object");
        CHECK_EQ(why(with_header(R"(["RS256"])")), "the token's header is no JSON object");
        CHECK_EQ(why(to_base64url(R"({"alg":"RS256"})") + "." + to_base64url(R"({"sub":"a","sub":"b"})") + ".AA"),
                 "the token has `sub` twice in one object");
        CHECK_EQ(why(to_base64url(R"({"alg":"RS256"})") + "." + to_base64url(std::string(5000, '[')) + ".AA"),
                 "the token is nested too deeply");
        for (const std::string& text :
             {std::string(), std::string("."), std::string(".."), std::string("a.b"), es256 + ".e30", es256 + "=",
              es256 + "\n", " " + es256, std::string(longest_jwt + 1, 'a')})
            CHECK_EQ(why(text).empty(), false);
    }

    TEST_CASE("base64url has one text for each bytes") {
        CHECK_EQ(from_base64url("AQAB"), std::string("\x01\x00\x01", 3));
        CHECK_EQ(from_base64url(""), "");
        for (const char* text : {"AQA=", "AQ==", "AR", "A", "A+A", "A/A", "AQ AB", "AQAB\n"})
            CHECK_FALSE(from_base64url(text));
        CHECK_EQ(sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
                 "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");  // RFC 7636, appendix B
    }

    TEST_CASE("keys that are none, too weak, too costly or for something else are not taken") {
        const auto taken = [](json jwk, const char* name, const json& value) {
            jwk[name] = value;
            return public_key::from_jwk(jwk).has_value();
        };
        CHECK(taken(rsa_key, "use", "sig"));
        CHECK(taken(rsa_key, "alg", "RS256"));
        CHECK_FALSE(taken(rsa_key, "use", "enc"));
        CHECK_FALSE(taken(rsa_key, "alg", "RS512"));
        CHECK_FALSE(taken(ec_key, "alg", "RS256"));
        CHECK_FALSE(taken(rsa_key, "n", to_base64url(std::string(128, 'x'))));
        CHECK_FALSE(taken(rsa_key, "n", to_base64url(std::string(255, '\0') + "xxxxxxxx")));
        CHECK_FALSE(taken(rsa_key, "n", to_base64url(std::string(1025, 'x'))));
        CHECK_FALSE(taken(rsa_key, "e", to_base64url(std::string(9, 'x'))));
        CHECK_FALSE(taken(rsa_key, "e", ""));
        CHECK_FALSE(taken(rsa_key, "e", 65537));
        CHECK_FALSE(taken(ec_key, "crv", "P-384"));
        CHECK_FALSE(taken(ec_key, "y", ec_key["x"]));  // not on the curve
        CHECK_FALSE(taken(ec_key, "x", to_base64url(std::string(31, 'x'))));
        CHECK_FALSE(taken(ec_key, "kty", "oct"));
        CHECK_FALSE(public_key::from_jwk("RSA").has_value());
    }

    TEST_CASE("what we sign is right by our own key alone, and the key survives being written") {
        const auto key = private_key::make().value();
        const std::string token = make_jwt(key, {{"sub", "a"}}).value();
        CHECK(verifies(token, key.to_jwk()));
        CHECK_FALSE(verifies(token, rsa_key));
        CHECK_EQ(key.to_jwk()["kid"], read_jwt(token)->key_id);
        const auto again = private_key::from_pem(key.to_pem()).value();
        CHECK_EQ(again.id(), key.id());
        CHECK(verifies(make_jwt(again, {{"sub", "b"}}).value(), key.to_jwk()));
        CHECK_EQ(private_key::from_pem(vault::secret(std::string("nonsense"))).error().code, errc::corrupt);
        // A ref's name may be any bytes.
        CHECK(verifies(make_jwt(key, {{"ref", "\xff\xfe"}}).value(), key.to_jwk()));
    }
}
