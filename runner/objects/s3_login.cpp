// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_login.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::objects {

namespace {

constexpr std::size_t longest_file = 64UL * 1024;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

// They go into headers, and the user's part ends at a colon.
bool can_be_signed_with(std::string_view text, bool is_id) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || (is_id && c == ':')) return false;
    return true;
}

result<s3_login> checked(s3_login login) {
    if (login.key_id.empty() || login.key.empty())
        return failure(errc::refused, "it must hold aws_access_key_id and aws_secret_access_key");
    if (!can_be_signed_with(login.key_id, true) || !can_be_signed_with(login.key.reveal(), false) ||
        !can_be_signed_with(login.session.reveal(), false))
        return failure(errc::refused, "a key in it holds blanks or line ends");
    return login;
}

}  // namespace

result<s3_login> read_s3_login(std::string_view text) {
    s3_login login;
    bool ours = true;
    while (!text.empty()) {
        const std::string_view line = trimmed(text.substr(0, text.find('\n')));
        text.remove_prefix(
            std::min(text.size(), text.find('\n') == std::string_view::npos ? text.size() : text.find('\n') + 1));
        if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
        if (line.starts_with('[')) {
            ours = line == "[default]";
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) return failure(errc::refused, "a line in it has no `=`");
        if (!ours) continue;
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string_view value = trimmed(line.substr(equals + 1));
        if (name == "aws_access_key_id") login.key_id = value;
        if (name == "aws_secret_access_key") login.key = vault::secret(std::string(value));
        if (name == "aws_session_token") login.session = vault::secret(std::string(value));
    }
    return checked(std::move(login));
}

result<s3_login> read_s3_login_file(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failure(
            errno == ENOENT ? errc::not_found : errc::io,
            "can't read the objects' login " + file.string() + ": " + std::system_category().message(errno));
    struct stat facts{};
    std::string text(longest_file, '\0');
    const bool plain = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    const ssize_t n = plain ? ::read(fd, text.data(), text.size()) : -1;
    ::close(fd);
    if (n < 0) return failure(errc::io, "can't read the objects' login " + file.string() + ": it is no plain file");
    if ((facts.st_mode & 077U) != 0 || (facts.st_uid != ::geteuid() && facts.st_uid != 0))
        return failure(errc::refused,
                       "others can read the objects' login " + file.string() + ": make it yours alone (chmod 600)");
    auto login = read_s3_login(std::string_view(text).substr(0, static_cast<std::size_t>(n)));
    vault::wipe(text);
    if (!login) return failure(login.error().code, "the objects' login " + file.string() + ": " + login.error().what);
    return login;
}

result<s3_login> s3_login_at_hand() {
    const auto value = [](const char* name) {
        const char* const set = std::getenv(name);
        return std::string(set == nullptr ? "" : set);
    };
    s3_login login;
    login.key_id = value("AWS_ACCESS_KEY_ID");
    login.key = vault::secret(value("AWS_SECRET_ACCESS_KEY"));
    login.session = vault::secret(value("AWS_SESSION_TOKEN"));
    if (login.key_id.empty() && login.key.empty())
        return failure(errc::not_found,
                       "the objects' login is missing: name its file with --objects-login, or set AWS_ACCESS_KEY_ID "
                       "and AWS_SECRET_ACCESS_KEY");
    auto fine = checked(std::move(login));
    if (!fine) return failure(fine.error().code, "the objects' login in the environment: " + fine.error().what);
    return fine;
}

}  // namespace latchkey::objects
