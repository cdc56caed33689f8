// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/master_key.hpp"

#include <sodium.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::vault {

namespace {

constexpr std::size_t master_key_size = 32;
constexpr const char* variable = "LATCHKEY_MASTER_KEY";

std::string reason() {
    return std::system_category().message(errno);
}

// 64 hexadecimal digits; a newline at the end is forgiven.
std::optional<secret> key_from_hex(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    std::string bytes(master_key_size, '\0');
    std::size_t written = 0;
    if (sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                       nullptr, &written, nullptr) != 0 ||
        written != master_key_size || text.size() != 2 * master_key_size) {
        wipe(bytes);
        return std::nullopt;
    }
    return secret(std::move(bytes));
}

result<master_key> from_text(std::string text, std::string origin) {
    auto key = key_from_hex(text);
    wipe(text);
    if (!key) return failure(errc::refused, "the master key in " + origin + " is not 64 hexadecimal digits");
    return master_key{std::move(*key), std::move(origin)};
}

result<std::string> read_private(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return failure(errno == ENOENT ? errc::not_found : errc::io,
                       "can't read the master key " + file.string() + ": " + reason());
    struct stat facts{};
    std::string text(4 * master_key_size, '\0');
    const bool known = ::fstat(fd, &facts) == 0;
    const ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    if (!known || n < 0) {
        wipe(text);
        return failure(errc::io, "can't read the master key " + file.string());
    }
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & 077U) != 0 ||
        (facts.st_uid != ::geteuid() && facts.st_uid != 0)) {
        wipe(text);
        return failure(errc::refused, "others can read the master key " + file.string() +
                                          ": chmod 600 it, make it yours, and rotate it if it was exposed");
    }
    text.resize(static_cast<std::size_t>(n));
    return text;
}

// Whole or not at all: written beside, synced, and linked to its name, which fails if somebody was faster.
result<void> write_key(std::string_view key, const std::filesystem::path& file) {
    std::string text(2 * master_key_size + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size());
    text.back() = '\n';

    // Nobody else's: neither another process's nor another thread's.
    static std::atomic<unsigned> count{0};
    const std::string beside = file.string() + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0;
    bool taken = false;
    if (good) {
        good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
        good = ::close(fd) == 0 && good;
        good = good && ::link(beside.c_str(), file.c_str()) == 0;
        taken = errno == EEXIST;
    }
    const std::string why = good ? std::string() : reason();
    ::unlink(beside.c_str());
    wipe(text);
    if (good) return {};
    return failure(taken ? errc::conflict : errc::io, "can't write the master key " + file.string() + ": " + why);
}

result<void> make_file(const std::filesystem::path& file) {
    std::error_code ec;
    std::filesystem::create_directories(file.parent_path(), ec);
    if (ec) return failure(errc::io, "can't make the folder " + file.parent_path().string() + ": " + ec.message());
    ::chmod(file.parent_path().c_str(), 0700);
    std::string key(master_key_size, '\0');
    randombytes_buf(key.data(), key.size());
    auto made = write_key(key, file);
    wipe(key);
    // Who was faster made one too.
    if (!made && made.error().code == errc::conflict) return {};
    return made;
}

}  // namespace

result<master_key> load_master_key(const std::filesystem::path& file, bool create) {
    if (sodium_init() < 0) return failure(errc::refused, "this machine has no source of randomness");
    if (char* value = std::getenv(variable); value != nullptr) {
        std::string text = value;
        // What /proc/self/environ shows is this memory.
        sodium_memzero(value, text.size());
        ::unsetenv(variable);
        return from_text(std::move(text), std::string("the environment variable ") + variable);
    }
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY"); folder != nullptr) {
        const std::filesystem::path credential = std::filesystem::path(folder) / "latchkey_master_key";
        auto text = read_private(credential);
        if (text) return from_text(std::move(*text), "the systemd credential " + credential.string());
        if (text.error().code != errc::not_found) return text.error();
    }
    auto text = read_private(file);
    if (!text && text.error().code == errc::not_found && create) {
        if (auto made = make_file(file); !made) return made.error();
        text = read_private(file);
    }
    if (!text) return text.error();
    return from_text(std::move(*text), "the file " + file.string());
}

result<master_key> read_master_key(const std::filesystem::path& file) {
    auto text = read_private(file);
    if (!text) return text.error();
    return from_text(std::move(*text), "the file " + file.string());
}

result<void> save_master_key(const master_key& key, const std::filesystem::path& file) {
    return write_key(key.bytes.reveal(), file);
}

}  // namespace latchkey::vault
