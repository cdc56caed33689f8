// SPDX-License-Identifier: Apache-2.0
//
// A plain file that is read from its beginning to the end that it had when it was opened. Private to this room. One
// owner, one thread; calls block.
#pragma once

#include "runner/error.hpp"

#include <cstdint>
#include <filesystem>

namespace latchkey::objects {

class object_file {
public:
    // not_found; io: it can't be read, or is no plain file. Links are not followed.
    static result<object_file> open(const std::filesystem::path&);
    object_file(object_file&&) noexcept;
    object_file& operator=(object_file&&) = delete;
    ~object_file();

    std::uint64_t size() const { return size_; }
    // As many as there are, up to `most`; 0: its end.
    result<std::size_t> read(char* into, std::size_t most);
    void rewind() { at_ = 0; }

private:
    object_file(std::filesystem::path path, int fd, std::uint64_t size)
        : path_(std::move(path)), fd_(fd), size_(size) {}
    std::filesystem::path path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::uint64_t at_ = 0;
};

}  // namespace latchkey::objects
