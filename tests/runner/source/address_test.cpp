// SPDX-License-Identifier: Apache-2.0
//
// Addresses of repositories: what is one, what is taken out of it, and what git must never see.
#include "runner/source/address.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using source::read_address;
using source::transport;

TEST_SUITE("source.address") {
    TEST_CASE("each kind: its url has no login, its host and user are told") {
        struct row {
            const char* address;
            transport by;
            const char* url;
            const char* host;
            const char* user;
            const char* password;
        };
        for (const row& r : {
                 row{"https://git.acme.test/a/b.git", transport::https, "https://git.acme.test/a/b.git",
                     "git.acme.test", "", ""},
                 row{"https://ana:p%40ss@git.acme.test:8443/a", transport::https, "https://git.acme.test:8443/a",
                     "git.acme.test", "ana", "p@ss"},
                 row{"http://[::1]:80/a", transport::http, "http://[::1]:80/a", "[::1]", "", ""},
                 row{"ssh://git@git.acme.test:2222/a", transport::ssh, "ssh://git@git.acme.test:2222/a",
                     "git.acme.test", "git", ""},
                 row{"git@git.acme.test:a/b.git", transport::ssh, "git@git.acme.test:a/b.git", "git.acme.test", "git",
                     ""},
                 row{"git.acme.test:a/b.git", transport::ssh, "git.acme.test:a/b.git", "git.acme.test", "", ""},
                 row{"/srv/git/100%.git", transport::local, "file:///srv/git/100%25.git", "", "", ""},
                 row{"file:///srv/git/a.git", transport::local, "file:///srv/git/a.git", "", "", ""},
             }) {
            CAPTURE(r.address);
            const auto a = read_address(r.address);
            REQUIRE_MESSAGE(a.has_value(), a.error().what);
            CHECK(a->by == r.by);
            CHECK_EQ(a->url, r.url);
            CHECK_EQ(a->host, r.host);
            CHECK_EQ(a->user, r.user);
            CHECK_EQ(a->password.reveal(), r.password);
        }
    }

    TEST_CASE("no address: options, programs, blanks, hosts that are none, and what names no repository") {
        for (const std::string address : {"",
                                          "-",
                                          "--upload-pack=id",
                                          "-oProxyCommand=id:x",
                                          "ext::sh -c id",
                                          "ext::id",
                                          "fd::3",
                                          "a::b",
                                          "a b:c",
                                          "https://",
                                          "https://host",
                                          "https://host/",
                                          "https:///x",
                                          "https://-h/x",
                                          "https://h\n/x",
                                          "ftp://h/x",
                                          "git://h/x",
                                          "ssh://-oProxyCommand=id/x",
                                          "ssh://a@-h/x",
                                          "ssh://-l@h/x",
                                          "-l@h:x",
                                          "a@-h:x",
                                          "h:-x",
                                          "h:",
                                          "./a",
                                          "../a",
                                          "a",
                                          "a/b:c",
                                          "https://h=x/y",
                                          "https://h*/y",
                                          "https://h?x/y",
                                          "https://h#x/y",
                                          "file://h/x",
                                          "https://a\\b/x",
                                          "ssh://a b@h/x",
                                          "ssh://$(id)@h/x",
                                          "`id`@h:x"}) {
            CAPTURE(address);
            const auto a = read_address(address);
            REQUIRE(a.has_error());
            CHECK(a.error().code == errc::usage);
        }
        CHECK(read_address("https://h/" + std::string(3000, 'x')).has_error());
    }

    TEST_CASE("an address of a submodule: relative to the repository's, and never above its server") {
        using source::beside;
        CHECK_EQ(beside("https://h/a/b.git", "../c.git"), "https://h/a/c.git");
        CHECK_EQ(beside("https://h/a/b.git/", "../../c.git"), "https://h/c.git");
        CHECK_EQ(beside("https://h/a/b.git", "../../../../c.git"), "https://h/c.git");
        CHECK_EQ(beside("https://h/a/b.git", "./c.git"), "https://h/a/b.git/c.git");
        CHECK_EQ(beside("git@h:a/b.git", "../c.git"), "git@h:a/c.git");
        CHECK_EQ(beside("git@h:b.git", "../c.git"), "git@h:c.git");
        CHECK_EQ(beside("git@h:b.git", "../../c.git"), "git@h:c.git");
        CHECK_EQ(beside("/srv/a/b", "../c"), "/srv/a/c");
        CHECK_EQ(beside("/srv/a/b", "../../../../c"), "/c");
        CHECK_EQ(beside("https://h/a/b.git", "https://x/y"), "https://x/y");
    }

    TEST_CASE("names of refs: whole ones, and no expressions") {
        for (const char* name :
             {"refs/heads/main", "refs/tags/v1.0", "refs/heads/a/b-c_d", "refs/heads/@", "refs/heads/ä"})
            CHECK(source::is_ref_name(name));
        for (const char* name :
             {"main", "refs/", "refs//a", "refs/heads/", "refs/heads/a..b", "refs/heads/a~1", "refs/heads/a^",
              "refs/heads/a:b", "refs/heads/a b", "refs/heads/*", "refs/heads/a@{1}", "refs/heads/.a",
              "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a.", "refs/heads/a\n", "-x"})
            CHECK_FALSE(source::is_ref_name(name));
    }
}
