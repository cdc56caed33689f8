// SPDX-License-Identifier: Apache-2.0
//
// A log that is no file of this machine any more: nothing is added to it. Owner: the reader over it; one thread;
// calls block.
#pragma once

#include "runner/error.hpp"

#include <cstdint>

namespace latchkey::log {

class log_source {
public:
    virtual ~log_source() = default;
    // As many bytes from there on as it has, up to `most`; 0: it ends before.
    virtual result<std::size_t> read(char* into, std::size_t most, std::uint64_t from) = 0;
    virtual std::uint64_t size() const = 0;
};

}  // namespace latchkey::log
