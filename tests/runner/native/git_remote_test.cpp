// SPDX-License-Identifier: Apache-2.0
#include "runner/native/git_remote.hpp"

#include <doctest/doctest.h>

using latchkey::native::read_remote;

TEST_SUITE("native.git_remote") {
    TEST_CASE("an address: host and login are found, and no login stays in it") {
        const auto https = read_remote("https://ana:p%40ss@git.acme.test:8443/shop.git");
        REQUIRE(https.has_value());
        CHECK_EQ(https->url, "https://git.acme.test:8443/shop.git");
        CHECK_EQ(https->host, "git.acme.test");
        CHECK_EQ(https->user, "ana");
        CHECK_EQ(https->password, "p@ss");
        const auto scp = read_remote("git@git.acme.test:team/shop.git");
        REQUIRE(scp.has_value());
        CHECK(scp->ssh);
        CHECK_EQ(scp->host, "git.acme.test");
        CHECK_EQ(scp->user, "git");
        const auto ssh = read_remote("ssh://deploy@[::1]:2222/srv/shop.git");
        REQUIRE(ssh.has_value());
        CHECK_EQ(ssh->url, "ssh://deploy@[::1]:2222/srv/shop.git");
        CHECK_EQ(ssh->host, "[::1]");
        CHECK_EQ(ssh->port, 2222);
    }

    TEST_CASE("an address that would be an option, a program or a path of this machine is refused") {
        for (const char* address : {"", "-f", "--exec=id", "ext::id", "git@host", "/srv/x.git", "./x:y", "file:///x",
                                    "ftp://h/x", "https:///x", "ssh://-oProxyCommand=id/x", "ssh://-l@h/x",
                                    "-oProxyCommand=id:x", "https://h/a b", "https://h/a\nb"}) {
            CAPTURE(address);
            CHECK_FALSE(read_remote(address).has_value());
        }
    }
}
