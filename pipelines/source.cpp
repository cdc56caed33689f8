// SPDX-License-Identifier: Apache-2.0
#include "pipelines/source.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace latchkey::pipelines {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool continues_a_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

source::source(std::string name, std::string bytes) : name_(std::move(name)), text_(std::move(bytes)) {
    std::size_t marks = 0;
    while (std::string_view(text_).substr(marks).starts_with(byte_order_mark)) marks += byte_order_mark.size();
    text_.erase(0, marks);
    starts_.push_back(0);
    // Offsets are 32 bits wide. A larger text is refused by whoever reads it; here it only has to do no harm.
    const std::size_t end = std::min<std::size_t>(text_.size(), std::numeric_limits<std::uint32_t>::max());
    for (std::size_t at = text_.find('\n'); at < end; at = text_.find('\n', at + 1))
        starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

position source::at(std::uint32_t offset) const {
    offset = std::min(offset, static_cast<std::uint32_t>(
                                  std::min<std::size_t>(text_.size(), std::numeric_limits<std::uint32_t>::max())));
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::uint32_t>(next - starts_.begin());
    const std::uint32_t start = *(next - 1);
    const auto characters = std::count_if(text_.begin() + start, text_.begin() + offset,
                                          [](char c) { return !continues_a_character(c); });
    return {line, static_cast<std::uint32_t>(characters) + 1};
}

std::string_view source::line(std::uint32_t number) const {
    if (number == 0 || number > starts_.size()) return {};
    std::string_view rest = std::string_view(text_).substr(starts_[number - 1]);
    rest = rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
}

}  // namespace latchkey::pipelines
