// SPDX-License-Identifier: Apache-2.0
#include "runner/server/client_address.hpp"

#include "runner/server/tokens.hpp"

#include <algorithm>
#include <cctype>

namespace latchkey::server {

namespace {

bool is_forwarded_for(std::string_view name) {
    return std::ranges::equal(name, std::string_view("x-forwarded-for"), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
    });
}

}  // namespace

std::string client_address(const http::request& r, const std::vector<std::string>& trusted) {
    if (trusted.empty() || !is_of(r.peer, trusted)) return r.peer;
    std::string all;
    for (const auto& [name, value] : r.headers)
        if (is_forwarded_for(name)) all += (all.empty() ? "" : ",") + value;
    std::string known = r.peer;
    for (std::string_view rest = all; !rest.empty();) {
        const std::size_t comma = rest.rfind(',');
        std::string_view last = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
        while (last.starts_with(' ') || last.starts_with('\t')) last.remove_prefix(1);
        while (last.ends_with(' ') || last.ends_with('\t')) last.remove_suffix(1);
        // What is no address was written by nobody who is to be believed, nor is what stands before it.
        if (last.find('/') != std::string_view::npos || !is_address_pattern(last)) break;
        known = last;
        if (!is_of(known, trusted)) break;
    }
    return known;
}

}  // namespace latchkey::server
