// SPDX-License-Identifier: Apache-2.0
#include "runner/store/text_form.hpp"

#include <doctest/doctest.h>

using namespace latchkey;

TEST_SUITE("store.text_form") {
    TEST_CASE("round trip: bytes, lists and pairs of any bytes") {
        std::string all;
        for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
        CHECK(store::from_hex_text(store::to_hex_text(all)) == all);
        const std::vector<std::string> items{"", "3:abc", all, "x"};
        CHECK(store::from_list_text(store::to_list_text(items)) == items);
        const std::vector<std::pair<std::string, std::string>> pairs{{"a", ""}, {"", all}};
        CHECK(store::from_pairs_text(store::to_pairs_text(pairs)) == pairs);
        CHECK(store::from_list_text("")->empty());
    }
    TEST_CASE("nothing: text that has not the one form") {
        for (const char* wrong : {"0", "A0", "0g", "abc"}) CHECK_FALSE(store::from_hex_text(wrong).has_value());
        for (const char* wrong :
             {"1", ":", "1:", "2:a", "01:a", "-1:a", "a:a", "1:ab", "+1:a", "99999999999999999999:a"}) {
            CHECK_FALSE(store::from_list_text(wrong).has_value());
        }
        CHECK_FALSE(store::from_pairs_text("1:a").has_value());
    }
    TEST_CASE("round trip: text of any bytes as plain text, and what is plain stays as it is") {
        using namespace std::string_literals;
        for (const std::string& plain : std::vector<std::string>{"", "a", "Zo\xc3\xab", "\xe2\x82\xac",
                                                                 "\xf0\x9f\x94\x91", "\x7f", "a\x7fhex:00"}) {
            CHECK_EQ(store::to_plain_text(plain), plain);
            CHECK_EQ(store::from_plain_text(plain), plain);
        }
        for (const std::string& odd :
             {"\0"s, "a\0b"s, "\xff"s, "\xc0\x80"s, "\xe0\x80\x80"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s,
              "\xe2\x82"s, "\x80"s, "\x7fhex:"s, "\x7fhex:zz"s, "a\xc3(\xc3\xab"s}) {
            CHECK_NE(store::to_plain_text(odd), odd);
            CHECK(store::is_plain_text(store::to_plain_text(odd).substr(1)));
            CHECK_EQ(store::from_plain_text(store::to_plain_text(odd)), odd);
        }
    }
}
