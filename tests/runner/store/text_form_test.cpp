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
}
