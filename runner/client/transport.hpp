// SPDX-License-Identifier: Apache-2.0
//
// One HTTP(S) exchange with a server, within bounds of size and time. Certificates are checked. No redirect is ever
// followed: the token goes to the host that it was given for, and nowhere else. Blocks; one thread a call.
// For client.hpp, and for agents, which sign their calls; libcurl is known in its .cpp only.
#pragma once

#include "runner/client/endpoint.hpp"
#include "runner/vault/secret.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::client {

struct request {
    std::string method = "GET";
    std::string path;  // from the base on: "/user?page=1"
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

struct response {
    long status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;                            // of a stream: empty unless the status says that there is none
};

struct peer {
    endpoint where;
    std::string ca_file;  // of certificates to trust; empty: the system's
};

constexpr std::size_t largest_body = 32U << 20U;

// io: no answer, a broken one, or one that is larger than any of ours; says the host and libcurl's words.
result<response> exchange(const peer&, const vault::secret& token, const request&);

// The same, its body told as it comes. `on_bytes` false: enough, which is no failure. `go_on` is asked every second
// or so; false likewise. io: cut off, or nothing came for longer than a server is quiet.
result<response> stream(const peer&, const vault::secret& token, const request&,
                        const std::function<bool(std::string_view)>& on_bytes, const std::function<bool()>& go_on);

}  // namespace latchkey::client
