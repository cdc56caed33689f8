// SPDX-License-Identifier: Apache-2.0
//
// Folders and files that are nobody else's, and a lock that one process has. Any thread; blocks for system calls.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <string_view>

namespace latchkey::cli {

// Makes it, and what is missing above it, with mode 0700. refused: it is there, and is another's or open to others.
result<void> make_private_folder(const std::filesystem::path&);

// A new file (0600) that is written once. Gone again unless it was kept.
class new_private_file {
public:
    // conflict: something is there already.
    static result<new_private_file> make(const std::filesystem::path&);
    new_private_file(new_private_file&&) noexcept;
    new_private_file& operator=(new_private_file&&) = delete;
    ~new_private_file();

    // On the disk, with its name, when this returns.
    result<void> write(std::string_view);
    void keep() { kept_ = true; }

private:
    new_private_file(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
    std::filesystem::path path_;
    int fd_ = -1;
    bool kept_ = false;
};

// That what was made or renamed in a folder stays so after a power failure.
bool flush_folder(const std::filesystem::path&);

// Held by one process at a time; the kernel lets it go when the process dies.
class process_lock {
public:
    // conflict: another process has it, which is named.
    static result<process_lock> take(const std::filesystem::path& file);
    process_lock(process_lock&&) noexcept;
    process_lock& operator=(process_lock&&) = delete;
    ~process_lock();

private:
    explicit process_lock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace latchkey::cli
