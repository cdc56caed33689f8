// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/memory_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::exec {

namespace {

bool is_tmpfs(const char* folder) {
    struct statfs facts{};
    return ::statfs(folder, &facts) == 0 && facts.f_type == TMPFS_MAGIC && ::access(folder, W_OK | X_OK) == 0;
}

constexpr std::string_view folder_prefix = "latchkey-";

std::string folder_in_memory() {
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && is_tmpfs(runtime)) return runtime;
    for (const char* folder : {"/dev/shm", "/run"})
        if (is_tmpfs(folder)) return folder;
    return {};
}

// A folder of ours that nobody uses any more.
bool left_behind(int parent, const char* name, std::chrono::seconds age) {
    if (!std::string_view(name).starts_with(folder_prefix)) return false;
    const descriptor folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    return folder.get() >= 0 && ::fstat(folder.get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
           facts.st_ctime + age.count() < ::time(nullptr) && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

void memory_folder::remove_left_behind(std::chrono::seconds age) {
    const std::string parent = folder_in_memory();
    DIR* all = parent.empty() ? nullptr : ::opendir(parent.c_str());
    if (all == nullptr) return;
    while (const dirent* entry = ::readdir(all)) {
        std::error_code ignored;
        if (left_behind(::dirfd(all), entry->d_name, age))
            std::filesystem::remove_all(parent + "/" + entry->d_name, ignored);
    }
    ::closedir(all);
}

result<memory_folder> memory_folder::make() {
    const std::string parent = folder_in_memory();
    if (parent.empty())
        return failure(errc::engine, "can't hand over secret files: no tmpfs at $XDG_RUNTIME_DIR, /dev/shm or /run");
    std::string folder = parent + "/" + std::string(folder_prefix) + "XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return failure(errc::engine,
                       "can't make a private folder in " + parent + ": " + std::system_category().message(errno));
    memory_folder made;
    std::error_code ec;
    made.path_ = std::filesystem::canonical(folder, ec).string();
    if (ec) made.path_ = folder;
    made.lock_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (made.lock_.get() < 0 || ::flock(made.lock_.get(), LOCK_SH | LOCK_NB) != 0)
        return failure(errc::engine, "can't lock the private folder " + folder);
    return made;
}

memory_folder::memory_folder(memory_folder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

memory_folder& memory_folder::operator=(memory_folder&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
}

memory_folder::~memory_folder() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace latchkey::exec
