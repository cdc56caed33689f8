// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/login.hpp"

#include "runner/cli/private_files.hpp"
#include "runner/cli/remote/fields.hpp"
#include "runner/vault/harden.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::cli::remote {

namespace {

constexpr std::size_t largest_file = 64U << 10U;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string reason() {
    return std::system_category().message(errno);
}

// Nothing: there is none.
result<std::optional<std::string>> read_private(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
    if (fd < 0) return failure(errc::io, "can't read " + path.string() + ": " + reason());
    struct stat found{};
    const bool known = ::fstat(fd, &found) == 0;
    std::string text(largest_file, '\0');
    const ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    if (!known || n < 0) return failure(errc::io, "can't read " + path.string());
    text.resize(static_cast<std::size_t>(n));
    if (!S_ISREG(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & 077U) != 0) {
        vault::wipe(text);
        return failure(errc::refused, path.string() + " holds a token and is open to others: chmod 600 it");
    }
    return std::optional(std::move(text));
}

result<std::optional<login>> kept_login() {
    auto path = login_path();
    if (!path) return std::optional<login>();  // nowhere to keep one
    auto text = read_private(*path);
    if (!text) return text.error();
    if (!*text) return std::optional<login>();
    json kept = json::parse(**text, nullptr, false);
    vault::wipe(**text);
    login l;
    l.server = text_in(kept, "server");
    l.ca_file = text_in(kept, "ca");
    l.insecure_http = flag_in(kept, "insecure_http");
    l.user = text_in(kept, "user");
    l.workspace = text_in(kept, "workspace");
    l.project = text_in(kept, "project");
    l.from = path->string();
    if (kept.is_object() && kept.contains("token") && kept["token"].is_string()) {
        auto& token = kept["token"].get_ref<std::string&>();
        l.token = vault::secret(std::move(token));
    }
    if (l.server.empty() || l.token.empty())
        return failure(errc::corrupt, path->string() + " is no login: `latchkey login URL` writes it anew");
    return std::optional(std::move(l));
}

}  // namespace

vault::secret token_from_environment(const char* name) {
    char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return {};
    vault::secret token{std::string(value)};
    explicit_bzero(value, std::strlen(value));
    ::unsetenv(name);
    return token;
}

result<std::filesystem::path> login_path() {
    if (const std::string xdg = variable("XDG_CONFIG_HOME"); xdg.starts_with('/'))
        return std::filesystem::path(xdg) / "latchkey" / "login.json";
    if (const std::string home = variable("HOME"); home.starts_with('/'))
        return std::filesystem::path(home) / ".config" / "latchkey" / "login.json";
    return failure(errc::usage,
                   "can't tell where a login is kept: neither XDG_CONFIG_HOME nor HOME is an absolute "
                   "path");
}

result<std::optional<login>> find_login() {
    vault::harden_process();
    const std::string server = variable("LATCHKEY_SERVER");
    vault::secret token = token_from_environment("LATCHKEY_TOKEN");
    if (server.empty() != token.empty())
        return failure(errc::refused,
                       std::string(server.empty() ? "LATCHKEY_TOKEN is set and LATCHKEY_SERVER is not"
                                                  : "LATCHKEY_SERVER is set and LATCHKEY_TOKEN is not") +
                           ": set both, or unset it, or add --local");
    std::optional<login> found;
    if (!server.empty()) {
        found.emplace();
        found->server = server;
        found->token = std::move(token);
        found->from = "LATCHKEY_SERVER and LATCHKEY_TOKEN";
    } else {
        auto kept = kept_login();
        if (!kept) return kept.error();
        found = std::move(*kept);
    }
    if (!found) return found;
    if (const std::string ca = variable("LATCHKEY_CA"); !ca.empty()) found->ca_file = ca;
    if (const std::string w = variable("LATCHKEY_WORKSPACE"); !w.empty() && w != found->workspace) {
        found->workspace = w;
        found->project.clear();  // it was one of the other workspace
    }
    if (const std::string p = variable("LATCHKEY_PROJECT"); !p.empty()) found->project = p;
    return found;
}

result<void> check_token(const vault::secret& token) {
    const std::string_view text = token.reveal();
    const bool good = !text.empty() && text.size() <= 4096 &&
                      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (good) return {};
    return failure(errc::usage, "this is no token: one is letters, digits and signs on one line");
}

result<void> keep_login(const login& l) {
    auto path = login_path();
    if (!path) return path.error();
    std::error_code ignored;
    if (!std::filesystem::exists(path->parent_path(), ignored))
        if (auto made = make_private_folder(path->parent_path()); !made) return made;
    json kept = {
        {"server", l.server},       {"ca", l.ca_file},      {"insecure_http", l.insecure_http},      {"user", l.user},
        {"workspace", l.workspace}, {"project", l.project}, {"token", std::string(l.token.reveal())}};
    std::string text = kept.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
    vault::wipe(kept["token"].get_ref<std::string&>());
    const std::filesystem::path next = path->string() + ".new";
    ::unlink(next.c_str());  // of one that was interrupted
    auto file = new_private_file::make(next);
    auto written = file ? file->write(text) : file.error();
    vault::wipe(text);
    if (!written) return written;
    if (::rename(next.c_str(), path->c_str()) != 0)
        return failure(errc::io, "can't write " + path->string() + ": " + reason());
    file->keep();
    flush_folder(path->parent_path());
    return {};
}

result<bool> forget_login() {
    auto path = login_path();
    if (!path) return path.error();
    if (::unlink(path->c_str()) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return failure(errc::io, "can't remove " + path->string() + ": " + reason());
}

result<client::client> client_for(login& l) {
    auto where = client::endpoint_from(
        l.server, l.insecure_http ? client::plain_http::anywhere : client::plain_http::to_this_machine);
    if (!where) return failure(where.error().code, plain(l.server) + ": " + where.error().what);
    if (auto good = check_token(l.token); !good) return good.error();
    return client::client({std::move(*where), l.ca_file}, std::move(l.token));
}

}  // namespace latchkey::cli::remote
