// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/s3_place.hpp"

#include "runner/objects/object_store.hpp"

#include <algorithm>

namespace latchkey::objects {

namespace {

constexpr std::string_view scheme = "s3://";

failure wrong(const std::string& what) {
    return {errc::usage, what + ": say s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION"};
}

bool is_among(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
    });
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string_view host_of(std::string_view endpoint) {
    return endpoint.substr(endpoint.find("://") + 3);
}

bool is_this_machine(std::string_view host) {
    const std::string_view name =
        host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
    return name == "127.0.0.1" || name == "localhost" || name == "[::1]";
}

result<void> check_endpoint(std::string_view endpoint) {
    const bool plain = endpoint.starts_with("http://");
    if (!plain && !endpoint.starts_with("https://")) return wrong("`endpoint` must begin with https://");
    const std::string_view host = host_of(endpoint);
    const bool fine = std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == ':' || c == '[' || c == ']';
    });
    // A path would be signed, and nobody agrees on how; a login has no place there.
    if (host.empty() || !fine)
        return wrong("`endpoint` must be a host, with a port if it needs one, and nothing else");
    if (plain && !is_this_machine(host))
        return wrong("`endpoint` is reached without TLS, which is for this machine only");
    return {};
}

}  // namespace

bool is_s3_url(std::string_view url) {
    return url.starts_with(scheme);
}

std::string s3_encoded(std::string_view text, bool path) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool as_it_is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '-' || c == '.' || c == '_' || c == '~' || (path && c == '/');
        if (as_it_is) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

result<std::string> s3_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
        if (low < 0) return failure(errc::usage, "a % is followed by no two hexadecimal digits");
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

result<s3_place> read_s3_url(const std::string& url) {
    s3_place place;
    if (!is_s3_url(url)) return wrong("the objects' place is not understood");
    std::string_view rest = std::string_view(url).substr(scheme.size());
    const std::size_t query = rest.find('?');
    std::string_view settings = query == std::string_view::npos ? std::string_view() : rest.substr(query + 1);
    rest = rest.substr(0, query);
    const std::size_t slash = rest.find('/');
    place.bucket = rest.substr(0, slash);
    if (place.bucket.size() < 3 || place.bucket.size() > 63 || !is_among(place.bucket, "-.") ||
        place.bucket.starts_with('.') || place.bucket.find("..") != std::string::npos)
        return wrong("\"" + place.bucket + "\" can't be a bucket");
    if (slash != std::string_view::npos) place.prefix = rest.substr(slash + 1);
    while (place.prefix.ends_with('/')) place.prefix.pop_back();
    if (!place.prefix.empty() && !is_object_key(place.prefix))
        return wrong("\"" + place.prefix + "\" can't be what all keys begin with");
    if (!place.prefix.empty()) place.prefix += '/';
    while (!settings.empty()) {
        const std::string_view one = settings.substr(0, settings.find('&'));
        settings.remove_prefix(std::min(settings.size(), one.size() + 1));
        const std::size_t equals = one.find('=');
        if (equals == std::string_view::npos) return wrong("\"" + std::string(one) + "\" sets nothing");
        auto value = s3_decoded(one.substr(equals + 1));
        if (!value) return value.error();
        if (one.substr(0, equals) == "endpoint")
            place.endpoint = std::move(*value);
        else if (one.substr(0, equals) == "region")
            place.region = std::move(*value);
        else
            return wrong("\"" + std::string(one.substr(0, equals)) + "\" is no setting of it");
    }
    while (place.endpoint.ends_with('/')) place.endpoint.pop_back();
    if (auto fine = check_endpoint(place.endpoint); !fine) return fine.error();
    // It goes into a list with colons between its parts.
    if (place.region.empty() || place.region.size() > 63 || !is_among(place.region, "-_"))
        return wrong("\"" + place.region + "\" can't be a region");
    return place;
}

std::string name_of(const s3_place& place) {
    std::string name = std::string(scheme) + place.bucket;
    if (!place.prefix.empty()) name += "/" + place.prefix.substr(0, place.prefix.size() - 1);
    return name + " at " + std::string(host_of(place.endpoint));
}

}  // namespace latchkey::objects
