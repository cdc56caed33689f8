// SPDX-License-Identifier: Apache-2.0
#include "runner/native/transfer.hpp"

#include "runner/native/ssh_login.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace latchkey::native {

namespace {

// libssh2 looks only at what it is told: a host that is not known yet is written down.
int learn_host(CURL*, const curl_khkey*, const curl_khkey*, enum curl_khmatch match, void*) {
    return match == CURLKHMATCH_OK        ? CURLKHSTAT_FINE
           : match == CURLKHMATCH_MISSING ? CURLKHSTAT_FINE_ADD_TO_FILE
                                          : CURLKHSTAT_REJECT;
}

}  // namespace

std::optional<file_protocol> file_protocol_of(const std::string& type) {
    if (type == "SFTP" || type == "SSH") return file_protocol::sftp;
    if (type == "FTP") return file_protocol::ftp;
    if (type == "FTPS") return file_protocol::ftps;
    return std::nullopt;
}

std::string escaped_path(const curl_handle& c, const std::string& path) {
    std::string out;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        // Of no characters it would escape all that follow.
        char* part = slash > at ? curl_easy_escape(c.get(), path.data() + at, static_cast<int>(slash - at)) : nullptr;
        if (part != nullptr) out += part;
        curl_free(part);
        if (slash < path.size()) out += '/';
        at = slash + 1;
    }
    return out;
}

std::size_t read_from_file(char* into, std::size_t, std::size_t size, void* file) {
    auto& in = *static_cast<std::ifstream*>(file);
    in.read(into, static_cast<std::streamsize>(size));
    return static_cast<std::size_t>(in.gcount());
}

result<transfer> transfer::open(const action& a, const host_login& login, file_protocol protocol) {
    const bool ssh = protocol == file_protocol::sftp;
    curl_handle c = new_curl(ssh ? "sftp" : "ftp,ftps");
    if (!c) return failure(errc::io, "libcurl can't be used");
    set(c, CURLOPT_USERNAME, login.user.c_str());
    if (protocol == file_protocol::ftps) {
        set(c, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
        // Servers want each data connection to resume the session of the control connection. With 1.3 libcurl offers
        // the last ticket that it got, a data connection's, so that the second file of a connection is refused.
        set(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2) | CURL_SSLVERSION_MAX_TLSv1_2);
    }
    if (!ssh || login.key.empty()) set(c, CURLOPT_PASSWORD, login.password.c_str());
    if (ssh) {
        const char* home = std::getenv("HOME");
        const std::string known = std::string(home != nullptr ? home : ".") + "/.ssh/known_hosts";
        std::error_code ignored;
        std::filesystem::create_directories(std::filesystem::path(known).parent_path(), ignored);
        std::ofstream(known, std::ios::app).close();
        set(c, CURLOPT_SSH_KNOWNHOSTS, known.c_str());
        set(c, CURLOPT_SSH_KEYFUNCTION, learn_host);
        set(c, CURLOPT_SSH_AUTH_TYPES,
            static_cast<long>(login.key.empty() ? CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD
                                                : CURLSSH_AUTH_PUBLICKEY));
        if (!login.key.empty()) {
            const auto key = write_key(a, login);
            if (!key) return key.error();
            set(c, CURLOPT_SSH_PRIVATE_KEYFILE, key->c_str());
        }
    }
    const std::string port = login.port > 0 ? ":" + std::to_string(login.port) : "";
    return transfer(std::move(c), std::string(ssh ? "sftp://" : "ftp://") + login.host + port + "/", ssh);
}

std::string transfer::url_of(const std::string& path) const {
    if (!path.starts_with('/')) return base_ + (ssh_ ? "~/" : "") + escaped_path(curl_, path);
    // To FTP a second slash begins at the root, not at the login's own folder.
    return base_ + (ssh_ ? "" : "/") + escaped_path(curl_, path.substr(1));
}

}  // namespace latchkey::native
