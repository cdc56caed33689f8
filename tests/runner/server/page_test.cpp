// SPDX-License-Identifier: Apache-2.0
// The web page as the server hands it out: which addresses are its own, in which form, for how long, under which
// policy.
#include "runner/web/assets.hpp"
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

using headers = std::map<std::string, std::string>;

constexpr const char* remedy = "built without the web page: run .ci/install test, configure and build again";

// A file of the page whose name is a hash, and that is worth compressing.
const web::asset& script() {
    for (const web::asset& a : web::assets())
        if (web::is_immutable(a) && a.name.ends_with(".js") && !a.brotli.empty()) return a;
    FAIL("the page has no script");
    throw std::logic_error("not reached");
}

}  // namespace

TEST_SUITE("server.page") {
    TEST_CASE("every address below /app is the page, which nobody has to be known for") {
        REQUIRE_MESSAGE(!web::assets().empty(), remedy);
        const api_world w;
        const auto index = web::find_asset("index.html");
        REQUIRE(index != nullptr);
        for (const std::string at : {"/app", "/app/", "/app/index.html", "/app/acme/web/runs/42?tab=log",
                                     "/app/a%2f..%2f..%2fb", "/app/../../etc/passwd"}) {
            CAPTURE(at);
            const auto page = w.ask("GET", at, "");
            CHECK_EQ(page.status, 200);
            CHECK_EQ(page.text, index->plain);
            CHECK_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
            CHECK_EQ(page.headers.at("cache-control"), "no-cache");
            CHECK_EQ(page.headers.at("vary"), "Accept-Encoding");
            CHECK_FALSE(page.headers.contains("set-cookie"));
        }
        const auto head = w.ask("HEAD", "/app/", "");
        CHECK_EQ(head.status, 200);
        CHECK_EQ(head.headers.at("content-length"), std::to_string(index->plain.size()));
        CHECK(head.text.empty());
        for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
            CAPTURE(method);
            const auto no = w.ask(method, "/app/", "", {{"a", 1}});
            CHECK_EQ(no.status, 405);
            CHECK_EQ(no.headers.at("allow"), "GET, HEAD");
        }
        const auto old = w.ask("GET", "/app/assets/of-another-version.js", "");
        CHECK_EQ(old.status, 404);
        CHECK_EQ(old.text, "there is no such file: the page is of another version, load it again\n");
    }

    TEST_CASE("its policy lets nothing in from elsewhere, and lets no other page frame it") {
        REQUIRE_MESSAGE(!web::assets().empty(), remedy);
        const api_world w;
        for (const std::string& at :
             {std::string("/app/"), "/app/" + std::string(script().name), std::string("/app/assets/none.js")}) {
            CAPTURE(at);
            const auto page = w.ask("GET", at, "");
            CHECK_EQ(page.headers.at("content-security-policy"),
                     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
                     "'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
            CHECK_EQ(page.headers.at("x-content-type-options"), "nosniff");
            CHECK_EQ(page.headers.at("x-frame-options"), "DENY");
            CHECK_EQ(page.headers.at("referrer-policy"), "same-origin");
            CHECK_EQ(page.headers.at("cross-origin-opener-policy"), "same-origin");
            CHECK_EQ(page.headers.at("cross-origin-resource-policy"), "same-origin");
        }
        // Nothing in it would need more: no script or style but files, no handler in an attribute.
        const std::string_view index = web::find_asset("index.html")->plain;
        CHECK_EQ(index.find("<style"), std::string_view::npos);
        CHECK_EQ(index.find(" style="), std::string_view::npos);
        CHECK_EQ(index.find(" on"), index.find(" on", index.find("<noscript>")));
        CHECK_EQ(index.find("://"), std::string_view::npos);
        for (auto at = index.find("<script"); at != std::string_view::npos; at = index.find("<script", at + 1))
            CHECK_NE(index.substr(at, index.find("</script>", at) - at).find(" src=\"/app/assets/"),
                     std::string_view::npos);
    }

    TEST_CASE("a file goes out in the smallest form that the browser takes, each form with a tag of its own") {
        REQUIRE_MESSAGE(!web::assets().empty(), remedy);
        const api_world w;
        const web::asset& a = script();
        const std::string at = "/app/" + std::string(a.name);
        CHECK_LT(a.brotli.size(), a.gzip.size());
        CHECK_LT(a.gzip.size(), a.plain.size());
        struct row {
            const char* accepted;
            std::string_view bytes;
            std::string encoding;
        };
        const std::vector<row> rows = {
            {"gzip, deflate, br, zstd", a.brotli, "br"},
            {"gzip", a.gzip, "gzip"},
            {"GZIP;q=0.5", a.gzip, "gzip"},
            {"br;q=0, gzip;q=1.0", a.gzip, "gzip"},
            {"br; q=0.000 ,gzip", a.gzip, "gzip"},
            {"identity", a.plain, ""},
            {"gzip;q=0", a.plain, ""},
            {"brx, xgzip", a.plain, ""},
            {"", a.plain, ""},
            {",,;;q=,", a.plain, ""},
        };
        std::map<std::string, std::string> tags;
        for (const row& r : rows) {
            CAPTURE(r.accepted);
            const auto got = w.ask("GET", at, "", nullptr, {{"Accept-Encoding", r.accepted}});
            CHECK_EQ(got.status, 200);
            CHECK(got.text == r.bytes);
            CHECK_EQ(got.headers.contains("content-encoding") ? got.headers.at("content-encoding") : "", r.encoding);
            CHECK_EQ(got.headers.at("content-type"), "text/javascript; charset=utf-8");
            CHECK_EQ(got.headers.at("cache-control"), "public, max-age=31536000, immutable");
            CHECK_EQ(got.headers.at("vary"), "Accept-Encoding");
            tags[r.encoding] = got.headers.at("etag");
        }
        REQUIRE_EQ(tags.size(), 3);
        CHECK_NE(tags["br"], tags["gzip"]);
        CHECK_NE(tags["gzip"], tags[""]);
        for (const std::string& known : {tags["br"], "W/" + tags["br"], "\"x\", " + tags["br"], std::string("*")}) {
            CAPTURE(known);
            const auto same = w.ask("GET", at, "", nullptr, {{"Accept-Encoding", "br"}, {"If-None-Match", known}});
            CHECK_EQ(same.status, 304);
            CHECK(same.text.empty());
            CHECK_EQ(same.headers.at("etag"), tags["br"]);
        }
        CHECK_EQ(w.ask("GET", at, "", nullptr, {{"Accept-Encoding", "gzip"}, {"If-None-Match", tags["br"]}}).status,
                 200);
    }

    TEST_CASE("a browser that asks for / is sent to the page, a program is not") {
        REQUIRE_MESSAGE(!web::assets().empty(), remedy);
        const api_world w;
        const auto browser = w.ask("GET", "/", "", nullptr,
                                   {{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}});
        CHECK_EQ(browser.status, 302);
        CHECK_EQ(browser.headers.at("location"), "/app/");
        CHECK_EQ(browser.headers.at("vary"), "Accept");
        for (const std::string accepted : {"", "*/*", "application/json", "text/html;q=0"}) {
            CAPTURE(accepted);
            const auto program = w.ask("GET", "/", "", nullptr, {{"Accept", accepted}});
            CHECK_EQ(program.status, 404);
            CHECK_EQ(program.message(), "there is nothing at this address");
        }
        CHECK_EQ(w.ask("POST", "/", "", {{"a", 1}}, {{"Accept", "text/html"}}).status, 404);
        // The API below /api has no page.
        CHECK_EQ(w.ask("GET", "/api/app", "").status, 404);
    }
}
