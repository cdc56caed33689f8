// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/secret_files.hpp"

#include "runner/exec/exported.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::exec {

namespace {

// A name from the catalogue, one path component.
bool plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

bool write_private(const std::string& path, std::string_view bytes, unsigned mode) {
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

result<secret_files> secret_files::write(const std::vector<secret_file>& files, const private_place* place,
                                         bool exported) {
    secret_files written;
    if (files.empty() && !exported) return written;
    std::string seen_by_it;
    if (place != nullptr) {
        // Ours is another view of the machine: the folder is reached by its descriptor only.
        written.place_.reset(::fcntl(place->folder, F_DUPFD_CLOEXEC, 3));
        written.base_ = "/proc/self/fd/" + std::to_string(written.place_.get());
        seen_by_it = place->path;
    } else {
        auto own = memory_folder::make();
        if (!own) return own.error();
        written.own_ = std::move(*own);
        written.base_ = written.own_.path();
        seen_by_it = written.base_;
    }
    for (const secret_file& file : files) {
        // Files of several integrations may share a name: each lies in a folder of its own.
        const std::string own = "/" + std::to_string(written.folders_++);
        const std::string path = own + "/" + file.name;
        if (!plain_name(file.name) || ::mkdir((written.base_ + own).c_str(), 0700) != 0 ||
            !write_private(written.base_ + path, file.content->reveal(), file.mode))
            return failure(errc::engine, "can't write the secret file for " + file.variable + " in memory");
        written.variables_.emplace_back(file.variable, seen_by_it + (file.directory ? own : path));
    }
    if (exported)
        written.variables_.emplace_back(std::string(exported_variable),
                                        seen_by_it + "/" + std::string(exported_name));
    return written;
}

std::string secret_files::exported() {
    if (base_.empty()) return {};
    const std::string path = base_ + "/" + std::string(exported_name);
    struct stat facts{};
    // Most actions export nothing: then there is nothing to be removed either.
    nothing_exported_ = ::lstat(path.c_str(), &facts) != 0 && errno == ENOENT;
    return nothing_exported_ ? std::string() : read_private_file(path, longest_exported);
}

secret_files::secret_files(secret_files&& other) noexcept
    : own_(std::move(other.own_)),
      place_(std::move(other.place_)),
      base_(std::exchange(other.base_, {})),
      folders_(other.folders_),
      nothing_exported_(other.nothing_exported_),
      variables_(std::move(other.variables_)) {}

// An action may have put anything in its place, a link or a pipe: only a plain file is read.
std::string read_private_file(const std::string& path, std::size_t most) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat facts{};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
    std::string text(std::min<std::size_t>(most, static_cast<std::size_t>(facts.st_size)), '\0');
    const ssize_t n = ::read(file.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

secret_files::~secret_files() {
    remove();
}

void secret_files::remove() noexcept {
    if (base_.empty()) return;
    std::error_code ignored;
    for (std::size_t i = 0; i < folders_; ++i) std::filesystem::remove_all(base_ + "/" + std::to_string(i), ignored);
    if (!nothing_exported_) std::filesystem::remove(base_ + "/" + std::string(exported_name), ignored);
    base_.clear();
    own_ = memory_folder();
    place_.reset();
}

}  // namespace latchkey::exec
