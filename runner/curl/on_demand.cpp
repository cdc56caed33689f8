// SPDX-License-Identifier: Apache-2.0
//
// libcurl's functions, looked up in it when the first of them is called. Linked in libcurl's place by a program that
// seldom needs it: libcurl's own libraries set themselves up when they are loaded, for longer than a whole
// `latchkey run` of one action takes. Whoever calls them sees libcurl's header and knows nothing of this. Any thread.
// Where libcurl is not to be had, everything that can fail says so as libcurl does.
#include "runner/on_demand.hpp"

#include <cstdarg>
#include <curl/curl.h>

// The header has them as macros, too.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {

const latchkey::library_on_demand& library() {
    static const latchkey::library_on_demand loaded("libcurl.so.4");
    return loaded;
}

template <class Function>
Function* look_up(const char* name) {
    return library().look_up<Function>(name);
}

}  // namespace

extern "C" {

CURLcode curl_global_init(long flags) {
    static auto* const real = look_up<decltype(curl_global_init)>("curl_global_init");
    return real == nullptr ? CURLE_FAILED_INIT : real(flags);
}

CURL* curl_easy_init(void) {
    static auto* const real = look_up<decltype(curl_easy_init)>("curl_easy_init");
    return real == nullptr ? nullptr : real();
}

// libcurl's own definitions begin their lists behind an enumeration, too; it is passed as the unsigned int that it
// is.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wvarargs"

// What is given is a long, a pointer or a curl_off_t: each takes one register of the same kind.
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));

CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
    static auto* const real = look_up<decltype(curl_easy_setopt)>("curl_easy_setopt");
    std::va_list given;
    va_start(given, option);
    void* const value = va_arg(given, void*);
    va_end(given);
    return real == nullptr ? CURLE_FAILED_INIT : real(handle, option, value);
}

CURLcode curl_easy_getinfo(CURL* handle, CURLINFO info, ...) {
    static auto* const real = look_up<decltype(curl_easy_getinfo)>("curl_easy_getinfo");
    std::va_list given;
    va_start(given, info);
    void* const into = va_arg(given, void*);
    va_end(given);
    return real == nullptr ? CURLE_FAILED_INIT : real(handle, info, into);
}

#pragma clang diagnostic pop

CURLcode curl_easy_perform(CURL* handle) {
    static auto* const real = look_up<decltype(curl_easy_perform)>("curl_easy_perform");
    return real == nullptr ? CURLE_FAILED_INIT : real(handle);
}

void curl_easy_cleanup(CURL* handle) {
    static auto* const real = look_up<decltype(curl_easy_cleanup)>("curl_easy_cleanup");
    if (real != nullptr) real(handle);
}

void curl_easy_reset(CURL* handle) {
    static auto* const real = look_up<decltype(curl_easy_reset)>("curl_easy_reset");
    if (real != nullptr) real(handle);
}

const char* curl_easy_strerror(CURLcode code) {
    static auto* const real = look_up<decltype(curl_easy_strerror)>("curl_easy_strerror");
    return real == nullptr ? "libcurl can't be loaded" : real(code);
}

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
    static auto* const real = look_up<decltype(curl_slist_append)>("curl_slist_append");
    return real == nullptr ? nullptr : real(list, text);
}

void curl_slist_free_all(curl_slist* list) {
    static auto* const real = look_up<decltype(curl_slist_free_all)>("curl_slist_free_all");
    if (real != nullptr) real(list);
}

void curl_free(void* bytes) {
    static auto* const real = look_up<decltype(curl_free)>("curl_free");
    if (real != nullptr) real(bytes);
}

CURLU* curl_url(void) {
    static auto* const real = look_up<decltype(curl_url)>("curl_url");
    return real == nullptr ? nullptr : real();
}

void curl_url_cleanup(CURLU* url) {
    static auto* const real = look_up<decltype(curl_url_cleanup)>("curl_url_cleanup");
    if (real != nullptr) real(url);
}

CURLUcode curl_url_get(CURLU* url, CURLUPart part, char** into, unsigned int flags) {
    static auto* const real = look_up<decltype(curl_url_get)>("curl_url_get");
    return real == nullptr ? CURLUE_OUT_OF_MEMORY : real(url, part, into, flags);
}

CURLUcode curl_url_set(CURLU* url, CURLUPart part, const char* text, unsigned int flags) {
    static auto* const real = look_up<decltype(curl_url_set)>("curl_url_set");
    return real == nullptr ? CURLUE_OUT_OF_MEMORY : real(url, part, text, flags);
}

}  // extern "C"
