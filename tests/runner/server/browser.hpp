// SPDX-License-Identifier: Apache-2.0
//
// What a browser does, as far as signing in goes: keeps the cookies of each server of 127.0.0.1 apart, sends them
// back, and follows to where it is sent when it is told to. One thread.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

struct page {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, as they came
    std::string text;
    nlohmann::json body;
    std::string header(const std::string& name) const;  // the first; empty: none
    std::string message() const;                        // of the first error
};

class browser {
public:
    // An absolute address of 127.0.0.1: "http://127.0.0.1:8080/a?b=c".
    page get(const std::string& url);
    page send(const std::string& method, const std::string& url, const nlohmann::json& body,
              const std::map<std::string, std::string>& headers = {});
    page post_form(const std::string& url, const std::string& form);

    // By port and name.
    std::map<std::uint16_t, std::map<std::string, std::string>> cookies;

private:
    page ask(const std::string& method, const std::string& url, const std::string& body,
             const std::map<std::string, std::string>& headers);
};

// "/b" from "http://127.0.0.1:1/a" → "http://127.0.0.1:1/b"
std::string resolved(const std::string& from, const std::string& where);

}  // namespace latchkey::test
