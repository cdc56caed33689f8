// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/backup_files.hpp"

#include "runner/cli/private_files.hpp"
#include "runner/exec/capture.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/vault/sha256.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace latchkey::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* sums_name = "SHA256SUMS";

failure can_not(const char* what, const fs::path& file) {
    return {errc::io,
            std::string("can't ") + what + " " + file.string() + ": " + std::system_category().message(errno)};
}

// Nothing: it is not there, or no plain file.
result<std::optional<exec::descriptor>> open_plain(const fs::path& file, std::uint64_t& size) {
    exec::descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd.get() < 0)
        return errno == ENOENT || errno == ELOOP ? result<std::optional<exec::descriptor>>(std::nullopt)
                                                 : can_not("read", file);
    struct stat facts{};
    if (::fstat(fd.get(), &facts) != 0) return can_not("read", file);
    if (!S_ISREG(facts.st_mode)) return std::optional<exec::descriptor>();
    size = static_cast<std::uint64_t>(facts.st_size);
    return std::optional(std::move(fd));
}

// Hands over at most `most` bytes, piece by piece.
result<void> read_pieces(int fd, const fs::path& file, std::uint64_t most,
                         const std::function<result<void>(std::string_view)>& take) {
    std::vector<char> buffer(256UL * 1024);
    while (most > 0) {
        const ssize_t n = ::read(fd, buffer.data(), std::min<std::uint64_t>(buffer.size(), most));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return can_not("read", file);
        if (n == 0) return {};
        most -= static_cast<std::uint64_t>(n);
        if (auto taken = take({buffer.data(), static_cast<std::size_t>(n)}); !taken) return taken;
    }
    return {};
}

result<void> write_all(int fd, const fs::path& file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return can_not("write", file);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

// A name that stays below the folder and has one line.
bool is_safe(const std::string& name) {
    if (name.empty() || name.find_first_of("\n\r\\") != std::string::npos) return false;
    const fs::path path(name);
    return path.is_relative() && std::ranges::none_of(path, [](const fs::path& p) { return p == ".." || p == "."; });
}

result<void> run_tar(const std::vector<std::string>& words, const fs::path& archive) {
    std::vector<std::string> line = {"tar"};
    line.insert(line.end(), words.begin(), words.end());
    const auto done = exec::capture(line, "/", std::chrono::hours(24));
    if (!done) return done.error();
    if (done->exit_code == 0) return {};
    return failure(errc::io,
                   "tar can't work on " + archive.string() + ": " + done->errors.substr(0, done->errors.find('\n')));
}

}  // namespace

result<void> add_to_backup(const fs::path& folder, const std::string& name, const fs::path& from, checksums& sums) {
    if (!is_safe(name)) return failure(errc::refused, "can't back up a file of the name " + name);
    std::uint64_t size = 0;
    auto source = open_plain(from, size);
    if (!source) return source.error();
    if (!*source) return {};
    const fs::path to = folder / name;
    if (auto made = make_private_folder(to.parent_path()); !made) return made;
    const exec::descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (target.get() < 0) return can_not("make", to);
    vault::sha256 sum;
    auto copied = read_pieces((*source)->get(), from, size, [&](std::string_view bytes) {
        sum.add(bytes);
        return write_all(target.get(), to, bytes);
    });
    if (!copied) return copied;
    sums[name] = sum.hex();
    return {};
}

result<void> add_tree_to_backup(const fs::path& folder, const std::string& name, const fs::path& from,
                                checksums& sums) {
    std::error_code ec;
    for (fs::recursive_directory_iterator at(from, ec), end; !ec && at != end; at.increment(ec)) {
        std::error_code gone;
        if (!at->is_regular_file(gone) || at->is_symlink(gone)) continue;
        const std::string below = at->path().lexically_relative(from).string();
        if (auto added = add_to_backup(folder, name + "/" + below, at->path(), sums); !added) return added;
    }
    if (ec && ec != std::errc::no_such_file_or_directory)
        return failure(errc::io, "can't read the folder " + from.string() + ": " + ec.message());
    return {};
}

result<std::string> checksum_of_file(const fs::path& file) {
    std::uint64_t size = 0;
    auto source = open_plain(file, size);
    if (!source) return source.error();
    if (!*source) return failure(errc::corrupt, file.string() + " is missing, or no plain file");
    vault::sha256 sum;
    auto read = read_pieces((*source)->get(), file, size, [&](std::string_view bytes) {
        sum.add(bytes);
        return result<void>();
    });
    if (!read) return read.error();
    return sum.hex();
}

result<void> finish_backup(const fs::path& folder, const checksums& sums) {
    std::string text;
    for (const auto& [name, sum] : sums) text += sum + "  " + name + "\n";
    auto file = new_private_file::make(folder / sums_name);
    if (!file) return file.error();
    if (auto written = file->write(text); !written) return written;
    file->keep();
    const exec::descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::syncfs(fd.get()) != 0) return can_not("write to the disk", folder);
    return {};
}

result<checksums> check_backup(const fs::path& folder) {
    std::ifstream file(folder / sums_name);
    if (!file) return failure(errc::corrupt, folder.string() + " is no backup: it has no " + sums_name);
    checksums sums;
    for (std::string line; std::getline(file, line);) {
        constexpr std::size_t digits = 64;
        if (line.size() < digits + 3 || line.substr(digits, 2) != "  " || !is_safe(line.substr(digits + 2)))
            return failure(errc::corrupt, "a line of " + (folder / sums_name).string() + " can't be read");
        sums[line.substr(digits + 2)] = line.substr(0, digits);
    }
    // First what there is, links too; only then is it read.
    std::error_code ec;
    for (fs::recursive_directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
        const std::string name = at->path().lexically_relative(folder).string();
        const fs::file_type type = at->symlink_status(ec).type();
        const bool known = name == sums_name || sums.contains(name);
        if (type != fs::file_type::directory && !(known && type == fs::file_type::regular))
            return failure(errc::corrupt, "the backup holds what was not backed up: " + name);
    }
    if (ec) return failure(errc::io, "can't read " + folder.string() + ": " + ec.message());
    for (const auto& [name, sum] : sums) {
        auto found = checksum_of_file(folder / name);
        if (!found) return found.error();
        if (*found != sum)
            return failure(errc::corrupt, "the backup is damaged: " + name + " is not what was backed up");
    }
    return sums;
}

bool is_archive(const fs::path& path) {
    const std::string name = path.filename().string();
    return std::ranges::any_of(std::array{".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst"},
                               [&](const char* end) { return name.ends_with(end); });
}

result<void> pack(const fs::path& folder, const fs::path& archive) {
    const fs::path beside = fs::path(archive.string() + ".part" + archive.extension().string());
    auto file = new_private_file::make(beside);
    if (!file) return file.error();
    if (auto packed = run_tar({"--create", "--auto-compress", "--file", beside.string(), "--directory",
                               folder.string(), "--sort=name", "--owner=0", "--group=0", "."},
                              archive);
        !packed)
        return packed;
    if (auto written = file->write(""); !written) return written;
    std::error_code ec;
    fs::create_hard_link(beside, archive, ec);  // never over what is there
    if (ec) return failure(errc::conflict, "can't make " + archive.string() + ": " + ec.message());
    if (!flush_folder(fs::absolute(archive).parent_path())) return can_not("write to the disk", archive);
    return {};
}

result<void> unpack(const fs::path& archive, const fs::path& folder) {
    return run_tar({"--extract", "--file", archive.string(), "--directory", folder.string(), "--no-same-owner",
                    "--no-same-permissions", "--keep-old-files"},
                   archive);
}

}  // namespace latchkey::cli
