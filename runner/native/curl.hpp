// SPDX-License-Identifier: Apache-2.0
//
// libcurl's handles with an owner, and the settings that every transfer has. Private to this room. One thread.
#pragma once

#include "runner/error.hpp"

#include <curl/curl.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::native {

struct end_curl {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct free_list {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
using curl_handle = std::unique_ptr<CURL, end_curl>;
using curl_list = std::unique_ptr<curl_slist, free_list>;

// Speaks only these protocols ("http,https"). Certificates are checked; connecting takes at most 30 s.
curl_handle new_curl(const char* protocols);

template <class Value>
void set(const curl_handle& c, CURLoption option, Value value) {
    curl_easy_setopt(c.get(), option, value);
}

// "Name: value" each; what holds a line end is left out.
curl_list list_of(const std::vector<std::pair<std::string, std::string>>& headers);

// io: libcurl's own words for what went wrong.
result<void> perform(const curl_handle&);

}  // namespace latchkey::native
