// SPDX-License-Identifier: Apache-2.0
#include "runner/log/masker.hpp"

#include "runner/log/needles.hpp"

#include <hs/hs.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <new>

namespace latchkey::log {

namespace {

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct free_database {
    void operator()(hs_database_t* d) const { hs_free_database(d); }
};
struct free_scratch {
    void operator()(hs_scratch_t* s) const { hs_free_scratch(s); }
};

bool starts_with_part(const needle& n, std::string_view part) {
    if (!n.any_case) return n.bytes.compare(0, part.size(), part) == 0;
    for (std::size_t i = 0; i < part.size(); ++i)
        if (folded(n.bytes[i]) != folded(part[i])) return false;
    return true;
}

}  // namespace

struct masker::needles_and_database {
    std::vector<needle> needles;
    std::array<std::vector<std::uint32_t>, 256> by_first_byte;
    std::size_t longest = 0;
    std::unique_ptr<hs_database_t, free_database> database;
    std::unique_ptr<hs_scratch_t, free_scratch> scratch;

    ~needles_and_database() {
        for (needle& n : needles) std::fill(n.bytes.begin(), n.bytes.end(), '\0');
    }

    // Where the longest end of `text` begins that could be the start of a needle; text.size() if none could.
    std::size_t partial_at(std::string_view text) const {
        for (std::size_t at = text.size() >= longest ? text.size() - longest + 1 : 0; at < text.size(); ++at)
            for (const std::uint32_t index : by_first_byte[static_cast<unsigned char>(text[at])]) {
                const needle& n = needles[index];
                if (n.bytes.size() > text.size() - at && starts_with_part(n, text.substr(at))) return at;
            }
        return text.size();
    }
};

masker::masker() = default;
masker::masker(const masker&) = default;
masker& masker::operator=(const masker&) = default;
masker::masker(masker&&) noexcept = default;
masker& masker::operator=(masker&&) noexcept = default;
masker::~masker() = default;

result<masker> masker::build(std::span<const std::string_view> secrets, std::vector<std::size_t>* too_short) {
    auto known = std::make_shared<needles_and_database>();
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        std::vector<needle> forms = needles_of(secrets[i]);
        if (forms.empty() && !secrets[i].empty() && too_short != nullptr) too_short->push_back(i);
        for (needle& n : forms) known->needles.push_back(std::move(n));
    }
    masker m;
    if (known->needles.empty()) return m;

    std::vector<const char*> expressions;
    std::vector<unsigned> flags;
    std::vector<unsigned> ids;
    std::vector<std::size_t> lengths;
    for (std::uint32_t i = 0; i < known->needles.size(); ++i) {
        const needle& n = known->needles[i];
        expressions.push_back(n.bytes.data());
        flags.push_back(n.any_case ? HS_FLAG_CASELESS : 0U);
        ids.push_back(i);
        lengths.push_back(n.bytes.size());
        known->longest = std::max(known->longest, n.bytes.size());
        known->by_first_byte[static_cast<unsigned char>(n.bytes.front())].push_back(i);
        // Needles without case are hexadecimal in lower case.
        if (const char first = n.bytes.front(); n.any_case && first >= 'a' && first <= 'f')
            known->by_first_byte[static_cast<unsigned char>(first - 'a' + 'A')].push_back(i);
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const hs_error_t compiled =
        hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(), lengths.data(),
                             static_cast<unsigned>(expressions.size()), HS_MODE_STREAM, nullptr, &database, &error);
    if (compiled != HS_SUCCESS) {
        // Its message may quote a needle: it is not passed on.
        hs_free_compile_error(error);
        return failure(errc::refused,
                       "the secrets of this action can't be masked: the pattern compiler refused them");
    }
    known->database.reset(database);
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
        return failure(errc::refused, "the secrets of this action can't be masked: out of memory");
    known->scratch.reset(scratch);
    m.known_ = std::move(known);
    return m;
}

struct masker_stream::state {
    std::shared_ptr<const masker::needles_and_database> known;
    std::unique_ptr<hs_scratch_t, free_scratch> scratch;
    hs_stream_t* stream = nullptr;
    std::string held;           // bytes that were scanned but not passed on
    std::uint64_t held_at = 0;  // the offset of its first byte in the whole output
    std::uint64_t scanned = 0;
    std::uint64_t masked_to = 0;  // bytes before here were passed on or are covered by a mask that was
    bool mask_open = false;       // the last thing passed on was a mask that ends at masked_to
    std::vector<std::pair<std::uint64_t, std::uint64_t>> hits;  // [begin, end) of matches that wait to be masked
    std::string out;

    ~state() {
        if (stream != nullptr) hs_close_stream(stream, nullptr, nullptr, nullptr);
        std::fill(held.begin(), held.end(), '\0');
    }

    static int on_hit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
        auto& s = *static_cast<state*>(context);
        s.hits.emplace_back(to - s.known->needles[id].bytes.size(), to);
        return 0;
    }

    void scan(std::string_view piece) {
        constexpr std::size_t most = std::numeric_limits<unsigned>::max() / 2;
        while (!piece.empty()) {
            const std::string_view part = piece.substr(0, most);
            // It fails only if it was called wrongly; then nothing may pass.
            if (hs_scan_stream(stream, part.data(), static_cast<unsigned>(part.size()), 0, scratch.get(), on_hit,
                               this) != HS_SUCCESS)
                hits.emplace_back(scanned, scanned + part.size());
            scanned += part.size();
            piece.remove_prefix(part.size());
        }
    }

    // Passes on the bytes of `text` (which begins at held_at) up to the offset `until`, masking the hits.
    void pass_on(std::string_view text, std::uint64_t until) {
        std::sort(hits.begin(), hits.end());
        const auto copy = [&](std::uint64_t to) {
            if (to <= masked_to) return;
            out += text.substr(masked_to - held_at, to - masked_to);
            masked_to = to;
            mask_open = false;
        };
        std::size_t settled = 0;
        for (const auto& [begin, end] : hits) {
            // What comes before it may still be the start of a longer secret: it waits.
            if (begin >= until) break;
            ++settled;
            if (begin > masked_to || !mask_open) {
                copy(begin);
                out += mask;
                mask_open = true;
            }
            masked_to = std::max(masked_to, end);
        }
        hits.erase(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(settled));
        copy(until);
    }
};

masker_stream::masker_stream(const masker& m) {
    if (!m.known_) return;
    state_ = std::make_unique<state>();
    state_->known = m.known_;
    hs_scratch_t* scratch = nullptr;
    if (hs_clone_scratch(m.known_->scratch.get(), &scratch) != HS_SUCCESS) throw std::bad_alloc();
    state_->scratch.reset(scratch);
    if (hs_open_stream(m.known_->database.get(), 0, &state_->stream) != HS_SUCCESS) throw std::bad_alloc();
}
masker_stream::~masker_stream() = default;
masker_stream::masker_stream(masker_stream&&) noexcept = default;

masked_bytes masker_stream::feed(std::string_view piece) {
    if (!state_) return masked_bytes(piece);
    state& s = *state_;
    s.out.clear();
    s.scan(piece);
    if (s.held.empty() && s.hits.empty() && s.masked_to <= s.held_at) {
        const std::size_t partial = s.known->partial_at(piece);
        s.held = piece.substr(partial);
        s.held_at += partial;
        s.masked_to = s.held_at;
        if (partial > 0) s.mask_open = false;
        return masked_bytes(piece.substr(0, partial));
    }
    s.held += piece;
    // Only the end can be the start of a secret that is still to come.
    const std::size_t tail = s.held.size() - std::min(s.held.size(), s.known->longest);
    const std::size_t partial = tail + s.known->partial_at(std::string_view(s.held).substr(tail));
    const std::uint64_t until = s.held_at + partial;
    s.pass_on(s.held, until);
    // What is masked already stays held where it may be the start of a longer secret.
    const auto passed = static_cast<std::size_t>(until - s.held_at);
    s.held.erase(0, passed);
    s.held_at += passed;
    return masked_bytes(s.out);
}

masked_bytes masker_stream::finish() {
    if (!state_) return masked_bytes({});
    state& s = *state_;
    s.out.clear();
    s.pass_on(s.held, s.scanned);
    s.held.clear();
    s.held_at = s.scanned;
    return masked_bytes(s.out);
}

}  // namespace latchkey::log
