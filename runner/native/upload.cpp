// SPDX-License-Identifier: Apache-2.0
//
// SFTP, FTP, FTPS, TRANSFER: the workspace's files to a folder of another machine, by libcurl. Files that Git ignores
// are sent too.
#include "runner/native/transfer.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <fstream>
#include <ostream>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

int send_to(const action& a, const host_login& login, const fs::path& root, const std::vector<std::string>& files,
            std::ostream& out) {
    // TRANSFER goes as its target says.
    const std::string type = a.text("type") != "TRANSFER"          ? a.text("type")
                             : login.type == "FTP" && login.secure ? "FTPS"
                                                                   : login.type;
    const auto protocol = file_protocol_of(type);
    if (!protocol) {
        out << "files can't be sent to a target of the type " << (type.empty() ? "(none)" : type)
            << " here: SSH, FTP and FTPS are known\n";
        return 2;
    }
    auto opened = transfer::open(a, login, *protocol);
    if (!opened) {
        out << opened.error().what << "\n";
        return 1;
    }
    const curl_handle& c = opened->curl();
    set(c, CURLOPT_FTP_CREATE_MISSING_DIRS, static_cast<long>(CURLFTP_CREATE_DIR_RETRY));
    set(c, CURLOPT_UPLOAD, 1L);
    set(c, CURLOPT_READFUNCTION, read_from_file);
    std::string folder = a.text("remote_path").empty() ? login.path : a.text("remote_path");
    if (!folder.empty() && !folder.ends_with('/')) folder += '/';
    out << "sending " << files.size() << (files.size() == 1 ? " file" : " files") << " to " << login.host << "\n"
        << std::flush;
    for (const std::string& file : files) {
        std::ifstream in(root / file, std::ios::binary);
        const std::string url = opened->url_of(folder + file);
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
