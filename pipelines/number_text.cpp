// SPDX-License-Identifier: Apache-2.0
#include "pipelines/number_text.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

struct decimal {
    bool negative = false;
    std::string_view whole;     // without leading zeros
    std::string_view fraction;  // without trailing zeros
};

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<decimal> read_decimal(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    text = text.substr(0, text.find_last_not_of(blank) + 1);
    decimal out;
    if (text.starts_with('-') || text.starts_with('+')) {
        out.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    out.whole = text.substr(0, point);
    out.fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
    if ((out.whole.empty() && out.fraction.empty()) || !all_digits(out.whole) || !all_digits(out.fraction))
        return std::nullopt;
    out.whole.remove_prefix(std::min(out.whole.find_first_not_of('0'), out.whole.size()));
    out.fraction = out.fraction.substr(0, out.fraction.find_last_not_of('0') + 1);
    if (out.whole.empty() && out.fraction.empty()) out.negative = false;
    return out;
}

std::strong_ordering compare_size(const decimal& left, const decimal& right) {
    if (left.whole.size() != right.whole.size()) return left.whole.size() <=> right.whole.size();
    if (const auto order = left.whole <=> right.whole; order != 0) return order;
    return left.fraction <=> right.fraction;
}

}  // namespace

std::optional<std::strong_ordering> compare_numbers(std::string_view left, std::string_view right) {
    const std::optional<decimal> a = read_decimal(left);
    const std::optional<decimal> b = read_decimal(right);
    if (!a || !b) return std::nullopt;
    if (a->negative != b->negative) return a->negative ? std::strong_ordering::less : std::strong_ordering::greater;
    return a->negative ? compare_size(*b, *a) : compare_size(*a, *b);
}

}  // namespace latchkey::pipelines
