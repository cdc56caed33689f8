// SPDX-License-Identifier: Apache-2.0
//
// Where a repository is: https://, http://, ssh://, user@host:path, or a folder of this machine. A login that is
// written in an address is taken out of it, so that what is shown and stored of it is no secret. Pure; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <string>
#include <string_view>

namespace latchkey::source {

enum class transport : unsigned char { https, http, ssh, local };

struct git_address {
    transport by = transport::https;
    std::string url;         // without a password, and for http without a user
    std::string server;      // scheme://host:port, for http
    std::string host;        // empty: local
    std::string user;        // that the address names
    vault::secret password;  // that the address held
};

// usage: of another kind, or git could take it for something else (an option, a program, a second address).
result<git_address> read_address(const std::string&);

// What a submodule's address means beside that of the repository that names it: `./x` and `../x` are relative to it.
std::string beside(const std::string& url, const std::string& relative);

// 127.0.0.0/8, ::1, localhost
bool is_loopback_host(const std::string& host);

// As git names refs, whole ("refs/heads/main"), with nothing in it that would be an expression.
bool is_ref_name(std::string_view);

}  // namespace latchkey::source
