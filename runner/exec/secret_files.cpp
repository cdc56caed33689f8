// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/secret_files.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
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

bool write_whole(const std::string& path, std::string_view bytes) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool good = true;
    while (good && !bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        good = n > 0 || (n < 0 && errno == EINTR);
        if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return ::close(fd) == 0 && good;
}

}  // namespace

result<secret_files> secret_files::write(const std::vector<secret_file>& files) {
    secret_files written;
    if (files.empty()) return written;
    const std::string parent = folder_in_memory();
    if (parent.empty())
        return failure(errc::engine, "can't hand over secret files: no tmpfs at $XDG_RUNTIME_DIR, /dev/shm or /run");
    std::string folder = parent + "/latchkey-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return failure(errc::engine,
                       "can't make a private folder in " + parent + ": " + std::system_category().message(errno));
    written.folder_ = folder;
    for (const secret_file& file : files) {
        // Files of several integrations may share a name: each lies in a folder of its own.
        const std::string own = folder + "/" + std::to_string(written.variables_.size());
        const std::string path = own + "/" + file.name;
        if (!plain_name(file.name) || ::mkdir(own.c_str(), 0700) != 0 || !write_whole(path, file.content->reveal()))
            return failure(errc::engine, "can't write the secret file for " + file.variable + " in " + parent);
        written.variables_.emplace_back(file.variable, file.directory ? own : path);
    }
    return written;
}

secret_files::secret_files(secret_files&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), variables_(std::move(other.variables_)) {}

secret_files& secret_files::operator=(secret_files&& other) noexcept {
    if (this != &other) {
        remove();
        folder_ = std::exchange(other.folder_, {});
        variables_ = std::move(other.variables_);
    }
    return *this;
}

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
