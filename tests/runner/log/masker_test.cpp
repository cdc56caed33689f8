// SPDX-License-Identifier: Apache-2.0
#include "runner/log/masker.hpp"

#include "runner/log/needles.hpp"
#include "tests/runner/log/masker_reference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <type_traits>

using latchkey::log::masked_bytes;
using latchkey::log::masker;
using latchkey::log::needles_of;
using latchkey::test::masked_in_pieces;
using latchkey::test::masked_plainly;

static_assert(!std::is_constructible_v<masked_bytes, std::string_view>, "only a masker makes masked bytes");
static_assert(!std::is_constructible_v<masked_bytes, std::string>);
static_assert(!std::is_default_constructible_v<masked_bytes>);

namespace {

masker masker_of(const std::vector<std::string>& secrets, std::vector<std::size_t>* too_short = nullptr) {
    const std::vector<std::string_view> views(secrets.begin(), secrets.end());
    auto built = masker::build(views, too_short);
    REQUIRE(built.has_value());
    return std::move(*built);
}

std::string through(const std::string& text, const std::vector<std::string>& secrets) {
    return masked_in_pieces(text, masker_of(secrets), {});
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text.push_back(i + k <= bytes.size() ? alphabet[(group >> (18 - 6 * k)) & 63U] : '=');
    }
    return text;
}

std::string random_text(std::mt19937& random, std::size_t size, std::string_view letters) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back(letters[random() % letters.size()]);
    return text;
}

}  // namespace

TEST_SUITE("log.masker") {
    TEST_CASE("masked: the secret as it is, in the middle and at both ends") {
        CHECK_EQ(through("hunter2secret", {"hunter2secret"}), "***");
        CHECK_EQ(through("a hunter2secret b hunter2secret", {"hunter2secret"}), "a *** b ***");
        CHECK_EQ(through("nothing here", {"hunter2secret"}), "nothing here");
        CHECK_EQ(through("", {"hunter2secret"}), "");
        CHECK_EQ(through("hunter2", {}), "hunter2");
    }

    TEST_CASE("one mask: secrets that overlap, touch or contain one another") {
        CHECK_EQ(through("xabcdefghix", {"abcdef", "abcdefghi"}), "x***x");
        CHECK_EQ(through("xabcdefghijklx", {"abcdefgh", "efghijkl"}), "x***x");
        CHECK_EQ(through("xabcdefghijklx", {"abcdef", "ghijkl"}), "x***x");
        CHECK_EQ(through("aaaaaaaaaaab", {"aaaaaa"}), "***b");
    }

    TEST_CASE("masked at every split: each form of a secret that needs escapes everywhere") {
        const std::string secret = "p&s/w'r\"d <x>+\\?%:@ends";
        const masker m = masker_of({secret});
        for (const latchkey::log::needle& n : needles_of(secret)) {
            const std::string text = "before " + n.bytes + " after";
            CAPTURE(n.bytes);
            for (std::size_t split = 0; split <= text.size(); ++split) {
                const std::string out = masked_in_pieces(text, m, {split});
                CHECK_EQ(out, masked_plainly(text, {secret}));
                CHECK_EQ(out.find(n.bytes), std::string::npos);
            }
        }
    }

    TEST_CASE("no miss: base64 of a secret at any offset, in both alphabets") {
        std::mt19937 random(20261123);
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        const std::string secret = "s3cr3t?>~value-of-23-by";
        const masker m = masker_of({secret});
        int missed = 0;
        for (std::size_t before = 0; before < 12; ++before)
            for (std::size_t after = 0; after < 12; ++after)
                for (const bool url : {false, true}) {
                    std::string text =
                        base64(random_text(random, before, letters) + secret + random_text(random, after, letters));
                    if (url) {
                        std::ranges::replace(text, '+', '-');
                        std::ranges::replace(text, '/', '_');
                    }
                    if (masked_in_pieces(text, m, {}).find("***") == std::string::npos) ++missed;
                }
        CHECK_EQ(missed, 0);
    }

    TEST_CASE("no piece is left: base64 and hexadecimal broken into lines anywhere") {
        std::mt19937 random(20261123);
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        const std::string secret = "github_pat_" + random_text(random, 88, letters);
        const masker m = masker_of({secret});
        const auto broken = [](const std::string& text, std::size_t width) {
            std::string lines;
            for (std::size_t at = 0; at < text.size(); at += width) lines += text.substr(at, width) + "\n";
            return lines;
        };
        constexpr std::size_t piece = 16;
        for (const std::size_t width : {40U, 60U, 64U, 76U})
            for (std::size_t before = 0; before < 60; ++before) {
                CAPTURE(width);
                CAPTURE(before);
                const std::string around = random_text(random, before, letters);
                const std::string text = base64(around + secret + around);
                const std::string core = text.substr((8 * before + 5) / 6, secret.size() * 8 / 6 - 1);
                std::string hex;
                for (const char c : secret) {
                    char digits[3];
                    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
                    hex += digits;
                }
                const std::string out = masked_in_pieces(broken(text, width) + broken("00" + hex, width), m, {});
                for (const std::string& form : {core, hex})
                    for (std::size_t at = 0; at + piece <= form.size(); ++at)
                        REQUIRE_EQ(out.find(form.substr(at, piece)), std::string::npos);
            }
    }

    TEST_CASE("masked: hexadecimal in both cases, lines of a key, strings of a JSON document") {
        CHECK_EQ(through("68756e746572327365637265740a", {"hunter2secret\n"}), "***0a");
        CHECK_EQ(through("68756E74657232736563726574", {"hunter2secret"}), "***");
        const std::string key =
            "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nAAECAwQFBgcICQoLDA0O\n-----END KEY-----\n";
        CHECK_EQ(through("line AAECAwQFBgcICQoLDA0O\r\n", {key}), "line ***\r\n");
        CHECK_EQ(through("-----BEGIN KEY-----", {key}), "-----BEGIN KEY-----");
        const std::string json = "{\n  \"id\": 1,\n  \"password\": \"foobar99\\nnext line\"\n}\n";
        CHECK_EQ(through("with foobar99 and {\n} \"password\"", {json}), "with *** and {\n} \"password\"");
    }

    TEST_CASE("said, not ignored: a secret that is too short to mask") {
        std::vector<std::size_t> too_short;
        const masker m = masker_of({"test", "long enough", "12345"}, &too_short);
        CHECK(too_short == std::vector<std::size_t>{0, 2});
        CHECK_EQ(masked_in_pieces("a test with long enough words", m, {}), "a test with *** words");
    }

    TEST_CASE("nothing is held back but what may be the start of a secret") {
        const masker m = masker_of({"hunter2secret"});
        latchkey::log::masker_stream stream(m);
        CHECK_EQ(stream.feed("Password: ").view(), "Password: ");
        CHECK_EQ(stream.feed("say hunter").view(), "say ");
        CHECK_EQ(stream.feed("s\n").view(), "hunters\n");
        CHECK_EQ(stream.feed("hunter2secre").view(), "");
        CHECK_EQ(stream.finish().view(), "hunter2secre");
    }

    TEST_CASE("masked: a secret longer than any needle, whole and in part") {
        std::mt19937 random(7);
        const std::string secret = random_text(random, 5000, "abcdefghijklmnopqrstuvwxyz0123456789");
        CHECK_EQ(through("<" + secret + ">", {secret}), "<***>");
        const std::string part = through("<" + secret.substr(0, 700) + ">", {secret});
        CHECK_LT(part.size(), 300);
    }

    TEST_CASE("equal to the plain reference: random secrets, texts and pieces") {
        for (unsigned seed = 20261123; seed < 20261123 + 500; ++seed) {
            CAPTURE(seed);
            std::mt19937 random(seed);
            // Few letters, so that parts of secrets turn up everywhere.
            const std::string_view letters = seed % 3 == 0   ? std::string_view("ab")
                                             : seed % 3 == 1 ? std::string_view("ab\n\"{}")
                                                             : std::string_view("a\0b\xff+/", 6);
            std::vector<std::string> secrets;
            for (unsigned i = 1 + random() % 3; i > 0; --i)
                secrets.push_back(random_text(random, 6 + random() % 10, letters));
            std::string text;
            for (unsigned i = random() % 12; i > 0; --i) {
                text += random_text(random, random() % 12, letters);
                const std::string& secret = secrets[random() % secrets.size()];
                switch (random() % 4) {
                    case 0:
                        text += secret;
                        break;
                    case 1:
                        text += base64(text + secret);
                        break;
                    case 2:
                        text += secret.substr(0, random() % secret.size());
                        break;
                    default:
                        break;
                }
            }
            const masker m = masker_of(secrets);
            const std::string expected = masked_plainly(text, secrets);
            CHECK_EQ(masked_in_pieces(text, m, {}), expected);
            for (int round = 0; round < 5; ++round) {
                std::vector<std::size_t> sizes;
                for (unsigned i = random() % 30; i > 0; --i) sizes.push_back(random() % 9);
                CHECK_EQ(masked_in_pieces(text, m, sizes), expected);
            }
            CHECK_EQ(masked_in_pieces(text, m, std::vector<std::size_t>(text.size(), 1)), expected);
        }
    }
}
