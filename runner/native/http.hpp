// SPDX-License-Identifier: Apache-2.0
//
// One HTTP(S) request through libcurl, which checks certificates and honours the environment's proxies. A redirect is
// followed to http and https only, and carries no credential to another host. Blocks. One thread.
#pragma once

#include "runner/error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::native {

struct http_request {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string user;
    std::string password;
    int port = 0;  // 0: the URL's
    int seconds = 120;
};

struct http_answer {
    long status = 0;
    std::string body;  // its first MB
};

// io: no answer came; says the host, never the path, which may hold a token.
result<http_answer> exchange(const http_request&);

// "https://hooks.example.com/…" → "hooks.example.com"
std::string host_of(const std::string& url);

// Whether it is this machine by its address, or `localhost`. Brackets around an address are passed over.
bool is_loopback(const std::string& host);

}  // namespace latchkey::native
