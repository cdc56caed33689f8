// SPDX-License-Identifier: Apache-2.0
//
// One action's log: a file (0600) in its run's folder (0700), to which masked bytes are appended as they come.
// Nothing but masked_bytes can be written. Bounded: beyond the cap one line says so, and the rest is counted and
// dropped. A file needs no repair after a crash: what was appended is there; a silent action has none. One owner, one
// thread at a time; calls block for as long as the page cache takes a write.
#pragma once

#include "runner/error.hpp"
#include "runner/log/masker.hpp"

#include <cstdint>
#include <filesystem>

namespace latchkey::log {

inline constexpr std::uint64_t most_log_bytes = 1ULL << 30U;

class log_writer {
public:
    // Makes folders that are missing; the file is made with the first byte. io: something is in its place, or the
    // folder can't be made or written to.
    static result<log_writer> create(const std::filesystem::path& file, std::uint64_t most_bytes = most_log_bytes);

    log_writer(log_writer&&) noexcept;
    log_writer& operator=(log_writer&&) noexcept;
    ~log_writer();

    // io: the file can't be made, or the disk is full or failed; what was written before stays.
    result<void> write(const masked_bytes&);

    std::uint64_t size() const { return size_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    log_writer(std::filesystem::path file, std::uint64_t most) : file_(std::move(file)), most_(most) {}
    result<void> append(std::string_view);
    std::filesystem::path file_;
    int fd_ = -1;
    std::uint64_t most_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t dropped_ = 0;
};

// Where the log of an action lies: <runs>/<run>/<attempt>/<action>.log. Numbers only: no name from a file is in a
// path.
std::filesystem::path log_path(const std::filesystem::path& runs, std::int64_t run, int attempt, int action);

}  // namespace latchkey::log
