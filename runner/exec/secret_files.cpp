// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/secret_files.hpp"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

bool is_tmpfs(const char* folder) {
    struct statfs facts{};
    return ::statfs(folder, &facts) == 0 && facts.f_type == TMPFS_MAGIC && ::access(folder, W_OK | X_OK) == 0;
}

constexpr std::string_view folder_prefix = "latchkey-";

// Never a disk: what is written there may outlive us.
std::string folder_in_memory() {
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && is_tmpfs(runtime)) return runtime;
    for (const char* folder : {"/dev/shm", "/run"})
        if (is_tmpfs(folder)) return folder;
    return {};
}

// A name from the catalogue, one path component.
bool plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

bool write_whole(const std::string& path, std::string_view bytes, unsigned mode) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool good = true;
    while (good && !bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        good = n > 0 || (n < 0 && errno == EINTR);
        if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    good = good && ::fchmod(fd, mode) == 0;  // open() left out what the umask forbids
    return ::close(fd) == 0 && good;
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

void secret_files::remove_left_behind(std::chrono::seconds age) {
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

result<secret_files> secret_files::write(const std::vector<secret_file>& files) {
    secret_files written;
    if (files.empty()) return written;
    const std::string parent = folder_in_memory();
    if (parent.empty())
        return failure(errc::engine, "can't hand over secret files: no tmpfs at $XDG_RUNTIME_DIR, /dev/shm or /run");
    std::string folder = parent + "/" + std::string(folder_prefix) + "XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return failure(errc::engine,
                       "can't make a private folder in " + parent + ": " + std::system_category().message(errno));
    written.folder_ = folder;
    written.lock_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (written.lock_.get() < 0 || ::flock(written.lock_.get(), LOCK_SH | LOCK_NB) != 0)
        return failure(errc::engine, "can't lock the private folder " + folder);
    for (const secret_file& file : files) {
        // Files of several integrations may share a name: each lies in a folder of its own.
        const std::string own = folder + "/" + std::to_string(written.variables_.size());
        const std::string path = own + "/" + file.name;
        if (!plain_name(file.name) || ::mkdir(own.c_str(), 0700) != 0 ||
            !write_whole(path, file.content->reveal(), file.mode))
            return failure(errc::engine, "can't write the secret file for " + file.variable + " in " + parent);
        written.variables_.emplace_back(file.variable, file.directory ? own : path);
    }
    return written;
}

secret_files::secret_files(secret_files&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      lock_(std::move(other.lock_)),
      variables_(std::move(other.variables_)) {}

secret_files::~secret_files() {
    remove();
}

void secret_files::remove() noexcept {
    if (folder_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    folder_.clear();
}

}  // namespace latchkey::exec
