// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/frames.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey::engine {

std::size_t frames::unpack(std::span<char> bytes) {
    std::size_t kept = 0;
    std::size_t at = 0;
    while (good_ && at < bytes.size()) {
        if (left_ > 0) {
            const std::size_t n = std::min<std::size_t>(left_, bytes.size() - at);
            std::memmove(bytes.data() + kept, bytes.data() + at, n);
            kept += n;
            at += n;
            left_ -= static_cast<std::uint32_t>(n);
            continue;
        }
        head_[head_size_++] = static_cast<unsigned char>(bytes[at++]);
        if (head_size_ < sizeof head_) continue;
        head_size_ = 0;
        good_ = head_[0] <= 2 && head_[1] == 0 && head_[2] == 0 && head_[3] == 0;
        left_ = (std::uint32_t{head_[4]} << 24U) | (std::uint32_t{head_[5]} << 16U) |
                (std::uint32_t{head_[6]} << 8U) | std::uint32_t{head_[7]};
    }
    return kept;
}

}  // namespace latchkey::engine
