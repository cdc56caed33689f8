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

std::string folder_in_memory() {
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && is_tmpfs(runtime)) return runtime;
    for (const char* folder : {"/run", "/dev/shm"})
        if (is_tmpfs(folder)) return folder;
    return {};
}

// A folder of ours that nobody uses any more.
bool left_behind(int parent, const char* name, std::chrono::seconds age) {
    if (std::string_view(name) == "." || std::string_view(name) == "..") return false;
    const descriptor folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    return folder.get() >= 0 && ::fstat(folder.get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
           facts.st_ctime + age.count() < ::time(nullptr) && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

result<std::string> memory_folder::parent() {
    const std::string memory = folder_in_memory();
    if (memory.empty())
        return failure(errc::engine, "can't hand over secret files: no tmpfs at $XDG_RUNTIME_DIR, /run or /dev/shm");
    const std::string folder = memory + "/latchkey-" + std::to_string(::geteuid());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return failure(errc::engine,
                       "can't make the private folder " + folder + ": " + std::system_category().message(errno));
    // Where anybody may write, somebody else may have made it.
    struct stat facts{};
    if (::lstat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) || facts.st_uid != ::geteuid() ||
        (facts.st_mode & 0077U) != 0)
        return failure(errc::refused, folder + " is not a folder of ours alone (0700): remove it");
    std::error_code ec;
    const auto without_links = std::filesystem::canonical(folder, ec);
    return ec ? folder : without_links.string();
}

void memory_folder::remove_left_behind(std::chrono::seconds age) {
    const auto all_of_them = parent();
    DIR* all = all_of_them ? ::opendir(all_of_them->c_str()) : nullptr;
    if (all == nullptr) return;
    while (const dirent* entry = ::readdir(all)) {
        std::error_code ignored;
        if (left_behind(::dirfd(all), entry->d_name, age))
            std::filesystem::remove_all(*all_of_them + "/" + entry->d_name, ignored);
    }
    ::closedir(all);
}

result<memory_folder> memory_folder::make() {
    auto all_of_them = parent();
    if (!all_of_them) return all_of_them.error();
    std::string folder = *all_of_them + "/XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return failure(errc::engine, "can't make a private folder in " + *all_of_them + ": " +
                                         std::system_category().message(errno));
    memory_folder made;
    made.path_ = folder;
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
