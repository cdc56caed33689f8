// SPDX-License-Identifier: Apache-2.0
#include "runner/native/curl.hpp"

#include <cstdlib>

namespace latchkey::native {

curl_handle new_curl(const char* protocols) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) return {};
    curl_handle c(curl_easy_init());
    if (!c) return c;
    set(c, CURLOPT_PROTOCOLS_STR, protocols);
    set(c, CURLOPT_NOSIGNAL, 1L);
    set(c, CURLOPT_CONNECTTIMEOUT, 30L);
    set(c, CURLOPT_USERAGENT, "latchkey");
    // No ~/.netrc: what an action may use is what it was given.
    set(c, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    // As OpenSSL's own programs take it; libcurl alone would not look.
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0')
        set(c, CURLOPT_CAINFO, file);
    return c;
}

curl_list list_of(const std::vector<std::pair<std::string, std::string>>& headers) {
    curl_slist* list = nullptr;
    for (const auto& [name, value] : headers) {
        const std::string line = value.empty() ? name + ";" : name + ": " + value;
        if (line.find_first_of("\r\n") != std::string::npos) continue;
        if (curl_slist* longer = curl_slist_append(list, line.c_str())) list = longer;
    }
    return curl_list(list);
}

result<void> perform(const curl_handle& c) {
    char words[CURL_ERROR_SIZE] = {};
    set(c, CURLOPT_ERRORBUFFER, words);
    const CURLcode code = curl_easy_perform(c.get());
    set(c, CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
    if (code == CURLE_OK) return {};
    return failure(errc::io, words[0] != '\0' ? words : curl_easy_strerror(code));
}

}  // namespace latchkey::native
