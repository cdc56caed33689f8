// SPDX-License-Identifier: Apache-2.0
//
// SFTP, FTP, FTPS, TRANSFER: the workspace's files to a folder of another machine, by libcurl. Files that Git ignores
// are sent too. An SFTP host's key is checked against ~/.ssh/known_hosts; an unknown one is learned.
#include "runner/native/curl.hpp"
#include "runner/native/ssh_login.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

std::size_t read_file(char* into, std::size_t, std::size_t size, void* from) {
    auto& in = *static_cast<std::ifstream*>(from);
    in.read(into, static_cast<std::streamsize>(size));
    return static_cast<std::size_t>(in.gcount());
}

// libssh2 looks only at what it is told: a host that is not known yet is written down.
int learn_host(CURL*, const curl_khkey*, const curl_khkey*, enum curl_khmatch match, void*) {
    return match == CURLKHMATCH_OK        ? CURLKHSTAT_FINE
           : match == CURLKHMATCH_MISSING ? CURLKHSTAT_FINE_ADD_TO_FILE
                                          : CURLKHSTAT_REJECT;
}

std::string escaped(const curl_handle& c, const std::string& path) {
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

struct destination {
    std::string base;  // sftp://host:port/
    std::string folder;
};

bool prepare(const action& a, const curl_handle& c, const host_login& login, bool ssh, bool tls) {
    set(c, CURLOPT_USERNAME, login.user.c_str());
    set(c, CURLOPT_FTP_CREATE_MISSING_DIRS, static_cast<long>(CURLFTP_CREATE_DIR_RETRY));
    set(c, CURLOPT_UPLOAD, 1L);
    set(c, CURLOPT_READFUNCTION, read_file);
    if (tls) set(c, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!ssh || login.key.empty()) set(c, CURLOPT_PASSWORD, login.password.c_str());
    if (!ssh) return true;
    const char* home = std::getenv("HOME");
    const std::string known = std::string(home != nullptr ? home : ".") + "/.ssh/known_hosts";
    std::error_code ignored;
    fs::create_directories(fs::path(known).parent_path(), ignored);
    std::ofstream(known, std::ios::app).close();
    set(c, CURLOPT_SSH_KNOWNHOSTS, known.c_str());
    set(c, CURLOPT_SSH_KEYFUNCTION, learn_host);
    set(c, CURLOPT_SSH_AUTH_TYPES,
        static_cast<long>(login.key.empty() ? CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD
                                            : CURLSSH_AUTH_PUBLICKEY));
    if (login.key.empty()) return true;
    const auto key = write_key(a, login);
    if (key) set(c, CURLOPT_SSH_PRIVATE_KEYFILE, key->c_str());
    return key.has_value();
}

int send_to(const action& a, const host_login& login, const fs::path& root, const std::vector<std::string>& files,
            std::ostream& out) {
    // TRANSFER goes as its target says.
    const std::string type = a.text("type") == "TRANSFER" ? login.type : a.text("type");
    if (type != "SFTP" && type != "SSH" && type != "FTP" && type != "FTPS") {
        out << "files can't be sent to a target of the type " << (type.empty() ? "(none)" : type)
            << " here: SSH, FTP and FTPS are known\n";
        return 2;
    }
    const bool ssh = type == "SFTP" || type == "SSH";
    const curl_handle c = new_curl(ssh ? "sftp" : "ftp,ftps");
    if (!c || !prepare(a, c, login, ssh, type == "FTPS")) {
        out << "the transfer can't be prepared\n";
        return 1;
    }
    std::string folder = a.text("remote_path").empty() ? login.path : a.text("remote_path");
    while (folder.ends_with('/')) folder.pop_back();
    const std::string port = login.port > 0 ? ":" + std::to_string(login.port) : "";
    // To FTP a second slash begins at the root, not at the login's own folder.
    const std::string base = std::string(ssh ? "sftp://" : "ftp://") + login.host + port + "/" +
                             (ssh || !folder.starts_with("/") ? "" : "/") +
                             escaped(c, folder.starts_with("/") && !ssh ? folder.substr(1)
                                        : folder.starts_with("/")       ? folder.substr(1)
                                                                        : folder);
    out << "sending " << files.size() << (files.size() == 1 ? " file" : " files") << " to " << login.host << "\n"
        << std::flush;
    for (const std::string& file : files) {
        std::ifstream in(root / file, std::ios::binary);
        const std::string url = base + "/" + escaped(c, file);
        set(c, CURLOPT_URL, url.c_str());
        set(c, CURLOPT_READDATA, &in);
        std::error_code ec;
        set(c, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(fs::file_size(root / file, ec)));
        if (!in || ec) {
            out << "can't read " << file << "\n";
            return 1;
        }
        if (auto sent = perform(c); !sent) {
            out << "can't send " << file << ": " << sent.error().what << "\n";
            return 1;
        }
        out << file << "\n";
    }
    return 0;
}

}  // namespace

int upload(const action& a, std::ostream& out) {
    const auto logins = logins_of(a);
    const auto files = files_of(a);
    if (!logins || !files) {
        out << (logins ? files.error().what : logins.error().what) << "\n";
        return 2;
    }
    for (const host_login& login : *logins)
        if (const int code = send_to(a, login, files->root, files->names, out); code != 0) return code;
    return 0;
}

}  // namespace latchkey::native
