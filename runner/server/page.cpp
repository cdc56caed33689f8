// SPDX-License-Identifier: Apache-2.0
#include "runner/server/page.hpp"

#include "runner/web/assets.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace latchkey::server {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The next of what commas (or other separators) hold apart, taken off `rest`.
std::string_view next(std::string_view& rest, char separator) {
    const std::string_view one = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    return trimmed(one);
}

bool same(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
               return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
           });
}

// Whether a list such as "gzip;q=0.5, br" has that word with a weight above zero.
bool lists(const std::string* header, std::string_view word) {
    std::string_view rest = header == nullptr ? std::string_view() : std::string_view(*header);
    while (!rest.empty()) {
        std::string_view one = next(rest, ',');
        if (!same(next(one, ';'), word)) continue;
        while (!one.empty()) {
            const std::string_view parameter = next(one, ';');
            if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
            // "0", "0.0", "0.000"
            if (parameter.substr(2).find_first_not_of("0.") == std::string_view::npos) return false;
        }
        return true;
    }
    return false;
}

// Whether the browser has that already, by its If-None-Match.
bool has_it(const http::request& r, std::string_view tag) {
    const std::string* header = r.header("If-None-Match");
    std::string_view rest = header == nullptr ? std::string_view() : std::string_view(*header);
    while (!rest.empty()) {
        std::string_view one = next(rest, ',');
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
    }
    return false;
}

void guard(http::response& out) {
    out.with("Content-Security-Policy",
             "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
             "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        .with("X-Content-Type-Options", "nosniff")
        .with("X-Frame-Options", "DENY")
        .with("Referrer-Policy", "same-origin")
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cross-Origin-Resource-Policy", "same-origin");
}

http::response plain(int status, std::string text) {
    http::response out;
    out.status = status;
    out.with("Content-Type", "text/plain; charset=utf-8").with("Cache-Control", "no-store");
    guard(out);
    out.body = std::move(text) + "\n";
    return out;
}

struct form {
    std::string_view bytes;
    std::string_view encoding;  // empty: as it is
};

form form_for(const http::request& r, const web::asset& a) {
    const std::string* accepted = r.header("Accept-Encoding");
    if (!a.brotli.empty() && lists(accepted, "br")) return {a.brotli, "br"};
    if (!a.gzip.empty() && lists(accepted, "gzip")) return {a.gzip, "gzip"};
    return {a.plain, {}};
}

http::response file(const http::request& r, const web::asset& a) {
    const form chosen = form_for(r, a);
    std::string tag = "\"" + std::string(a.tag);
    if (!chosen.encoding.empty()) tag.append("-").append(chosen.encoding);
    tag += '"';
    http::response out;
    out.with("ETag", tag).with("Vary", "Accept-Encoding");
    // Which page there is, is asked every time; what its files hold, never again.
    out.with("Cache-Control", web::is_immutable(a) ? "public, max-age=31536000, immutable" : "no-cache");
    guard(out);
    if (has_it(r, tag)) {
        out.status = 304;
        return out;
    }
    out.with("Content-Type", std::string(a.type));
    if (!chosen.encoding.empty()) out.with("Content-Encoding", std::string(chosen.encoding));
    out.fixed_body = chosen.bytes;
    return out;
}

std::string name_of(const http::request& r) {
    std::string name;
    for (std::size_t i = 1; i < r.path.size(); ++i) name += (name.empty() ? "" : "/") + r.path[i];
    return name;
}

}  // namespace

std::optional<http::response> page_for(const http::request& r) {
    const bool looks = r.method == "GET" || r.method == "HEAD";
    if (r.path.empty()) {
        // Programs ask the API, which has nothing there.
        if (!looks || web::assets().empty() || !lists(r.header("Accept"), "text/html")) return std::nullopt;
        http::response out = plain(302, "the page is at /app/");
        out.with("Location", "/app/").with("Vary", "Accept");
        return out;
    }
    if (r.path.front() != "app") return std::nullopt;
    if (!looks) {
        http::response out = plain(405, "this address takes GET, HEAD");
        out.with("Allow", "GET, HEAD");
        return out;
    }
    if (web::assets().empty())
        return plain(404,
                     "this server was built without its web page: run .ci/install build, which installs Node.js and "
                     "what the page is built from, and build it again");
    const std::string name = name_of(r);
    if (const web::asset* found = web::find_asset(name)) return file(r, *found);
    if (name.starts_with("assets/"))
        return plain(404, "there is no such file: the page is of another version, load it again");
    // Every other address is one of the page's own: it finds its way by itself.
    const web::asset* index = web::find_asset("index.html");
    if (index == nullptr) return plain(404, "this server's web page has no index.html: build it again");
    return file(r, *index);
}

}  // namespace latchkey::server
