// SPDX-License-Identifier: Apache-2.0
//
// Speaks HTTP and JSON with a server on a port of 127.0.0.1, one connection a call. Blocks; any thread.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace latchkey::test {

struct api_reply {
    int status = 0;
    nlohmann::json body;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string text;                            // of the body, as it came
    std::string message() const;                 // of the first error
};

// Throws where nothing answers.
api_reply ask_server(std::uint16_t port, const std::string& method, const std::string& target,
                     const std::string& token, const std::string& body = {},
                     const std::map<std::string, std::string>& headers = {});

}  // namespace latchkey::test
