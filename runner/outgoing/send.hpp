// SPDX-License-Identifier: Apache-2.0
//
// One request to a server that somebody has named, by libcurl: bounded in time and size, following no redirect, and
// reaching no address of our own network unless that is allowed: by what its name turns out to be, so that no name
// leads there. Blocks: never on a loop. Any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::outgoing {

struct request {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  // sent by POST
    bool get = false;  // GET instead, without a body
    // A header whose value is these words and the secret ("Authorization", "Bearer "); none without a secret.
    std::string secret_header;
    std::string before_secret;
};

struct send_options {
    std::chrono::milliseconds limit = std::chrono::seconds(10);
    bool private_hosts = false;              // and http without TLS to them
    const std::atomic<bool>* cut = nullptr;  // once it is true: given up, as io
};

struct response {
    int status = 0;
    std::string body;  // its beginning, 64 KB at most
};

// refused: the address is none that may be reached. io: why there is no answer.
result<response> send(const request&, const vault::secret&, const send_options& = {});

}  // namespace latchkey::outgoing
