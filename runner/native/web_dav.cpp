// SPDX-License-Identifier: Apache-2.0
//
// WEB_DAV: the workspace's files to a folder of a WebDAV server, by libcurl: MKCOL for folders, PUT for files.
// Redirects are not followed: they would take the login along.
#include "runner/native/action.hpp"
#include "runner/native/http.hpp"
#include "runner/native/transfer.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <fstream>
#include <ostream>
#include <set>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

std::size_t take_nothing(char*, std::size_t, std::size_t size, void*) {
    return size;
}

class dav_server {
public:
    dav_server(std::string url, std::string user, std::string password)
        : url_(std::move(url)), user_(std::move(user)), password_(std::move(password)) {}

    // Each folder on the way to `path`, which are made where they are not there.
    result<void> make_folders_of(const std::string& path) {
        for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
            const std::string folder = path.substr(0, slash);
            if (folder.empty() || !made_.insert(folder).second) continue;
            const curl_handle c = request(folder + "/");
            if (!c) return failure(errc::io, "libcurl can't be used");
            set(c, CURLOPT_CUSTOMREQUEST, "MKCOL");
            const auto status = send(c);
            if (!status) return status.error();
            // 405: it is there already; some say so by a redirect to its name with a slash.
            if (*status >= 300 && *status != 405 && *status != 301)
                return failure(errc::io,
                               "the folder " + folder + " can't be made there: status " + std::to_string(*status));
        }
        return {};
    }

    result<void> put(const fs::path& file, const std::string& path) {
        std::ifstream in(file, std::ios::binary);
        std::error_code ec;
        const auto size = fs::file_size(file, ec);
        const curl_handle c = request(path);
        if (!in || ec || !c) return failure(errc::io, "can't read " + path);
        set(c, CURLOPT_UPLOAD, 1L);
        set(c, CURLOPT_READFUNCTION, read_from_file);
        set(c, CURLOPT_READDATA, &in);
        set(c, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
        const auto status = send(c);
        if (!status) return failure(errc::io, "can't send " + path + ": " + status.error().what);
        if (*status >= 300) return failure(errc::io, "can't send " + path + ": status " + std::to_string(*status));
        return {};
    }

private:
    curl_handle request(const std::string& path) const {
        curl_handle c = new_curl("http,https");
        if (!c) return c;
        set(c, CURLOPT_URL, (url_ + escaped_path(c, path)).c_str());
        set(c, CURLOPT_WRITEFUNCTION, take_nothing);
        if (user_.empty()) return c;
        set(c, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        set(c, CURLOPT_USERNAME, user_.c_str());
        set(c, CURLOPT_PASSWORD, password_.c_str());
        return c;
    }

    static result<long> send(const curl_handle& c) {
        if (auto done = perform(c); !done) return done.error();
        long status = 0;
        curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
        if (status == 401) return failure(errc::io, "the server refuses the login");
        return status;
    }

    std::string url_;
    std::string user_;
    std::string password_;
    std::set<std::string> made_;
};

result<std::string> address_of(const action& a) {
    std::string url = a.text("web_dav_url");
    if (url.empty()) return failure(errc::invalid, "web_dav_url is empty: say where the files go");
    if (url.find("://") == std::string::npos) url = "https://" + url;
    if (!url.starts_with("https://") && !url.starts_with("http://"))
        return failure(errc::invalid, "web_dav_url is no https address");
    if (url.find_first_of("?#") != std::string::npos || host_of(url).empty())
        return failure(errc::invalid, "web_dav_url is the address of a folder: https://host/path");
    return url.ends_with('/') ? url : url + "/";
}

}  // namespace

int web_dav(const action& a, std::ostream& out) {
    const auto url = address_of(a);
    const auto files = files_of(a);
    if (!url || !files) {
        out << (url ? files.error().what : url.error().what) << "\n";
        return 2;
    }
    std::string folder = a.text("remote_path");
    while (folder.starts_with('/')) folder.erase(0, 1);
    if (!folder.empty() && !folder.ends_with('/')) folder += '/';
    const std::string host = host_of(*url);
    if (url->starts_with("http://") && !a.text("password").empty() && !is_loopback(host.substr(0, host.rfind(':'))))
        out << "the password goes to " << host << " without TLS: write https:// if the server has it\n";
    out << "sending " << files->names.size() << (files->names.size() == 1 ? " file" : " files") << " to " << host
        << "\n"
        << std::flush;
    dav_server server(*url, a.text("login"), a.text("password"));
    for (const std::string& name : files->names) {
        auto done = server.make_folders_of(folder + name);
        if (done) done = server.put(files->root / name, folder + name);
        if (!done) {
            out << done.error().what << "\n";
            return 1;
        }
        out << name << "\n" << std::flush;
    }
    return 0;
}

}  // namespace latchkey::native
