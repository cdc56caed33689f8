// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are of the open internet, and where a repository's forge takes statuses.
#include "runner/outgoing/commit_status.hpp"
#include "runner/outgoing/public_address.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace latchkey::outgoing;

TEST_SUITE("outgoing.address") {
    TEST_CASE("of the open internet, and not") {
        for (const char* yes :
             {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.169.0.1",
              "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
            CHECK_MESSAGE(is_public(yes), yes);
        for (const char* no : {"0.0.0.0",
                               "10.1.2.3",
                               "127.0.0.1",
                               "127.255.255.255",
                               "169.254.169.254",
                               "172.16.0.1",
                               "172.31.255.255",
                               "192.168.1.1",
                               "100.64.0.1",
                               "198.18.0.1",
                               "192.0.2.1",
                               "224.0.0.1",
                               "255.255.255.255",
                               "::",
                               "::1",
                               "fc00::1",
                               "fd12::1",
                               "fe80::1",
                               "ff02::1",
                               "::ffff:127.0.0.1",
                               "::ffff:10.0.0.1",
                               "64:ff9b::a00:1",
                               "2002:7f00:1::",
                               "2001:db8::1",
                               "2001::1",
                               "::127.0.0.1",
                               "",
                               "localhost",
                               "1.1.1",
                               "01.1.1.1",
                               "8.8.8.8 "})
            CHECK_MESSAGE(!is_public(no), no);
    }

    TEST_CASE("a repository's forge: by its host, or as given") {
        const auto shown = [](const std::string& address, std::optional<status_forge> forge = {}) {
            const auto p = place_of(address, forge);
            return p ? p->api + " " + p->repository : std::string("none");
        };
        CHECK_EQ(shown("https://github.com/acme/web.git"), "https://api.github.com acme/web");
        CHECK_EQ(shown("git@github.com:acme/web.git"), "https://api.github.com acme/web");
        CHECK_EQ(shown("ssh://git@github.com:22/acme/web"), "https://api.github.com acme/web");
        CHECK_EQ(shown("https://gitlab.com/acme/group/web.git/"), "https://gitlab.com/api/v4 acme/group/web");
        CHECK_EQ(shown("https://bitbucket.org/acme/web"), "https://api.bitbucket.org/2.0 acme/web");
        CHECK_EQ(shown("https://codeberg.org/acme/web.git"), "https://codeberg.org/api/v1 acme/web");
        CHECK_EQ(shown("https://git.acme.test/a/b", status_forge::gitlab), "https://git.acme.test/api/v4 a/b");
        CHECK_EQ(shown("https://git.acme.test:8443/a/b", status_forge::github),
                 "https://git.acme.test:8443/api/v3 a/b");
        CHECK_EQ(shown("http://127.0.0.1:3000/a/b.git", status_forge::gitea), "http://127.0.0.1:3000/api/v1 a/b");
        for (const char* none :
             {"", "https://git.acme.test/a/b", "/srv/git/a", "file:///a/b", "https://github.com/",
              "https://github.com/acme", "https://github.com.evil.test/a/b", "git@evil.test:github.com/a"})
            CHECK_EQ(shown(none), "none");
    }

    TEST_CASE("whatever a forge is said to be, its token goes to its own host only") {
        constexpr std::array kinds = {status_forge::github, status_forge::gitlab, status_forge::gitea,
                                      status_forge::bitbucket};
        const auto api = [](const std::string& address, status_forge said) {
            const auto p = place_of(address, said);
            return p ? p->api : std::string("none");
        };
        for (const status_forge said : kinds) {
            CHECK_EQ(api("https://github.com/acme/web", said), "https://api.github.com");
            CHECK_EQ(api("git@gitlab.com:acme/web.git", said), "https://gitlab.com/api/v4");
            CHECK_EQ(api("https://codeberg.org/acme/web", said), "https://codeberg.org/api/v1");
            CHECK_EQ(api("https://bitbucket.org/acme/web", said), "https://api.bitbucket.org/2.0");
            for (const char* own : {"https://git.acme.test/a/b", "git@git.acme.test:a/b",
                                    "ssh://git@git.acme.test/a/b", "https://github.com@git.acme.test/a/b"}) {
                const std::string to = api(own, said);
                if (said == status_forge::bitbucket) {
                    CHECK_EQ(to, "none");
                } else {
                    CHECK_EQ(to.find("https://git.acme.test/api/"), 0);
                }
            }
            for (const char* unclear :
                 {"https://git.acme.test?@github.com/a/b", "https://git.acme.test#@github.com/a/b",
                  "https://git.acme.test\\@github.com/a/b"})
                CHECK_EQ(api(unclear, said), "none");
        }
    }

    TEST_CASE("a run's status as a commit's") {
        CHECK(state_of("ENQUEUED") == commit_state::waiting);
        CHECK(state_of("WAITING_FOR_PERMISSION") == commit_state::waiting);
        CHECK(state_of("INPROGRESS") == commit_state::running);
        CHECK(state_of("SUCCESSFUL") == commit_state::good);
        CHECK(state_of("FAILED") == commit_state::failed);
        CHECK(state_of("TERMINATED") == commit_state::cancelled);
        for (const char* none : {"SKIPPED", "", "successful", "NEW"}) CHECK_FALSE(state_of(none).has_value());
    }
}
