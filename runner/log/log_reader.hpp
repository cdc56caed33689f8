// SPDX-License-Identifier: Apache-2.0
//
// Reads an action's log, whole, by lines, or as it grows. Finds lines by a sparse index (an offset every thousand
// lines) that it makes when first asked: the file is all there is, so there is nothing to repair after a crash. One
// owner, one thread; calls block.
#pragma once

#include "runner/error.hpp"
#include "runner/log/log_source.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::log {

class log_reader {
public:
    // not_found: there is no such log.
    static result<log_reader> open(const std::filesystem::path& file);
    // Of a log that lies elsewhere; it never grows.
    explicit log_reader(std::unique_ptr<log_source>);

    log_reader(log_reader&&) noexcept;
    log_reader& operator=(log_reader&&) noexcept;
    ~log_reader();

    // What came since the last call, at most `most` bytes; empty: nothing yet.
    result<std::string> next(std::size_t most = 1U << 20U);

    // Lines [first, first + count), from 1, with their line ends; no more than `most` bytes of them.
    result<std::string> lines(std::uint64_t first, std::uint64_t count, std::size_t most = 1U << 24U);
    // Of the file as it is now.
    result<std::uint64_t> size() const;
    result<std::string> bytes(std::uint64_t from, std::size_t most) const;
    bool is_elsewhere() const { return elsewhere_ != nullptr; }
    // Whether the path still leads to the file that is read.
    bool is_at(const std::filesystem::path&) const;

    struct hit {
        std::uint64_t line = 1;
        std::uint64_t column = 1;  // in bytes
    };
    struct hits {
        std::vector<hit> found;
        std::optional<std::uint64_t> next;  // the line to go on from; none: all was searched
    };
    // Lines from `from` on that hold this text, each once, where it stands first; ASCII letters of either case where
    // case does not count. Ends early, after a line at least, when `most` are found or the time is over.
    result<hits> search(const std::string& text, bool ignore_case, std::uint64_t from, std::size_t most,
                        std::chrono::steady_clock::time_point until);

    // The last lines, with their line ends; no more than `most` bytes, so the first may lack its beginning.
    result<std::string> last_lines(std::uint64_t count, std::size_t most);
    result<std::uint64_t> count_lines();

    // Returns when the file has grown or the time is over; true: look again.
    bool wait(std::chrono::milliseconds);

private:
    static constexpr std::uint64_t lines_an_entry = 1000;
    explicit log_reader(int fd, std::filesystem::path file) : fd_(fd), file_(std::move(file)) {}
    result<void> index();
    result<std::size_t> read_at(char* to, std::size_t size, std::uint64_t offset) const;
    int fd_ = -1;
    int watch_ = -1;
    std::filesystem::path file_;
    std::unique_ptr<log_source> elsewhere_;  // then there is no file
    std::uint64_t offset_ = 0;
    std::uint64_t indexed_to_ = 0;
    std::uint64_t lines_ = 0;
    bool ends_in_line_ = true;              // the indexed part ends with a line end
    std::vector<std::uint64_t> starts_{0};  // of lines 1, 1001, 2001, …
};

}  // namespace latchkey::log
