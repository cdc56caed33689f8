// SPDX-License-Identifier: Apache-2.0
// Searching a log for a text, a block at a time: what is kept of a line is bounded, however long the line is.
#include "runner/log/log_reader.hpp"

#include <algorithm>

namespace latchkey::log {

namespace {

constexpr std::size_t read_at_once = 1U << 18U;
// Of a line that has no end yet, no more is kept than what a text may have begun in.
constexpr std::size_t longest_kept = 1U << 20U;

void lower(std::string& text, std::size_t from) {
    for (std::size_t i = from; i < text.size(); ++i)
        if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] + ('a' - 'A'));
}

}  // namespace

result<log_reader::hits> log_reader::search(const std::string& text, bool ignore_case, std::uint64_t from,
                                            std::size_t most, std::chrono::steady_clock::time_point until) {
    hits all;
    if (text.empty() || most == 0) return all;
    std::string wanted = text;
    if (ignore_case) lower(wanted, 0);
    from = std::max<std::uint64_t>(from, 1);
    // By the index only where there is something to pass over.
    std::uint64_t line = 1;
    std::uint64_t offset = 0;
    if (from > 1) {
        if (auto done = index(); !done) return done.error();
        const std::uint64_t entry = (from - 1) / lines_an_entry;
        if (entry >= starts_.size()) return all;
        offset = starts_[entry];
        line = entry * lines_an_entry + 1;
    }
    std::string rest;           // of the line that has no end yet
    std::uint64_t cut_off = 0;  // how much of its beginning is not kept
    bool told = false;          // it is among the hits
    const auto look_at = [&](std::string_view part) {
        if (told || line < from) return;
        const std::size_t at = part.find(wanted);
        if (at == std::string_view::npos) return;
        all.found.push_back({line, cut_off + at + 1});
        told = true;
    };
    for (;;) {
        auto read = bytes(offset, read_at_once);
        if (!read) return read.error();
        if (read->empty()) break;
        offset += read->size();
        const std::size_t old = rest.size();
        rest += *read;
        if (ignore_case) lower(rest, old);
        std::string_view left = rest;
        for (std::size_t end = left.find('\n'); end != std::string_view::npos; end = left.find('\n')) {
            look_at(left.substr(0, end));
            left.remove_prefix(end + 1);
            ++line;
            cut_off = 0;
            told = false;
            if (all.found.size() == most) {
                all.next = line;
                return all;
            }
        }
        rest.erase(0, rest.size() - left.size());
        if (rest.size() > longest_kept) {
            look_at(rest);
            const std::size_t gone = rest.size() - std::min(rest.size(), wanted.size() - 1);
            cut_off += gone;
            rest.erase(0, gone);
        }
        if (line > from && std::chrono::steady_clock::now() >= until) {
            all.next = line;
            return all;
        }
    }
    look_at(rest);
    return all;
}

}  // namespace latchkey::log
