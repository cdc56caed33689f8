// SPDX-License-Identifier: Apache-2.0
//
// The engine's way to send a container's output: frames of an 8-byte head (1: output, 2: errors; the length) and
// bytes, cut anywhere by the transport. Value type, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace latchkey::engine {

class frames {
public:
    // Moves what the frames hold to the front of `bytes`, in order, and says how much that is. false in `good` from
    // the first head on that is none: nothing after it is taken.
    std::size_t unpack(std::span<char> bytes);
    bool good() const { return good_; }
    bool whole() const { return head_size_ == 0 && left_ == 0; }  // no frame is open

private:
    unsigned char head_[8] = {};
    std::size_t head_size_ = 0;
    std::uint32_t left_ = 0;  // of the frame that is open
    bool good_ = true;
};

}  // namespace latchkey::engine
