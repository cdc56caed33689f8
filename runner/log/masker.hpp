// SPDX-License-Identifier: Apache-2.0
//
// Removes secrets from output. A masker knows the secrets of one action in all the forms in which they turn up
// (needles.hpp); a masker_stream takes that action's bytes in any pieces and gives them back with every occurrence,
// across pieces too, replaced by ***; occurrences that overlap or touch become one. Only a stream makes masked_bytes,
// and only masked_bytes can be logged or shown. A masker is immutable and may be shared by threads; a stream belongs
// to one.
#pragma once

#include "runner/error.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::log {

inline constexpr std::string_view mask = "***";

// Bytes that a masker let through. Can't be made from anything else.
class masked_bytes {
public:
    std::string_view view() const { return bytes_; }

private:
    friend class masker_stream;
    explicit masked_bytes(std::string_view bytes) : bytes_(bytes) {}
    std::string_view bytes_;
};

class masker {
public:
    // Knows nothing: lets everything through, costs nothing.
    masker();
    // refused: the needles can't be compiled. `too_short` gets the index of each secret that is too short to be
    // masked (needles.hpp, shortest_secret): the caller must say so to a person.
    static result<masker> build(std::span<const std::string_view> secrets, std::vector<std::size_t>* too_short);

    masker(const masker&);
    masker& operator=(const masker&);
    masker(masker&&) noexcept;
    masker& operator=(masker&&) noexcept;
    ~masker();

private:
    friend class masker_stream;
    struct needles_and_database;
    std::shared_ptr<const needles_and_database> known_;
};

class masker_stream {
public:
    explicit masker_stream(const masker&);
    ~masker_stream();
    masker_stream(masker_stream&&) noexcept;

    // What is safe to pass on after this piece; the rest, which may be the start of a secret, is held back. The view
    // is good until the next call. Without secrets it is `piece` itself.
    masked_bytes feed(std::string_view piece);
    // The end of the output: everything that is still held back.
    masked_bytes finish();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace latchkey::log
