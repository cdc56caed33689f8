// SPDX-License-Identifier: Apache-2.0
//
// One request to another server, by libcurl: bounded in time and size, following nothing. Blocks: never on a loop.
// Any thread.
#pragma once

#include "runner/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::identity {

struct fetch_request {
    std::string url;
    // Sent by POST, as forms are; none: GET.
    std::optional<std::vector<std::pair<std::string, std::string>>> form;
    std::string bearer;  // a token to show; empty: none
    std::string user;    // of basic authentication; empty: none
    std::string password;
};

struct fetched {
    int status = 0;
    std::string body;  // 1 MB at most
};

// https, or http to this machine itself.
bool is_safe_url(std::string_view url);
std::string url_encoded(std::string_view text);

// refused: the URL is not safe. io: why there is no whole answer, within 10 s.
result<fetched> fetch(const fetch_request&);

}  // namespace latchkey::identity
