// SPDX-License-Identifier: Apache-2.0
//
// One connection to another machine's files over SFTP, FTP or FTPS, by libcurl. An SFTP host's key is checked against
// ~/.ssh/known_hosts; an unknown one is learned. Private to this room. One thread.
#pragma once

#include "runner/native/curl.hpp"
#include "runner/native/host_login.hpp"

#include <optional>

namespace latchkey::native {

enum class file_protocol : unsigned char { sftp, ftp, ftps };

// "SFTP", "SSH", "FTP", "FTPS".
std::optional<file_protocol> file_protocol_of(const std::string& type);

class transfer {
public:
    // io: libcurl can't be used, or the login can't be written down.
    static result<transfer> open(const action&, const host_login&, file_protocol);

    const curl_handle& curl() const { return curl_; }
    // A path there: "/var/www" is from the root, "www" from the login's own folder.
    std::string url_of(const std::string& path) const;

private:
    transfer(curl_handle c, std::string base, bool ssh) : curl_(std::move(c)), base_(std::move(base)), ssh_(ssh) {}
    curl_handle curl_;
    std::string base_;
    bool ssh_;
};

// A path's parts as they stand in an address.
std::string escaped_path(const curl_handle&, const std::string& path);

// CURLOPT_READFUNCTION over a std::ifstream.
std::size_t read_from_file(char* into, std::size_t, std::size_t size, void* file);

}  // namespace latchkey::native
