// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/ssh_key.hpp"

#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace latchkey;
using latchkey::test::temp_dir;

namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_SUITE("vault.ssh_key") {
    TEST_CASE("what ssh-keygen makes is read as ssh-keygen reads it") {
        const temp_dir folder;
        for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
            CAPTURE(type);
            const std::string file = (folder.path() / type).string();
            REQUIRE_EQ(std::system(("ssh-keygen -q -t " + type + " -N '' -C 'a b' -f " + file).c_str()), 0);
            REQUIRE_EQ(std::system(("ssh-keygen -lf " + file + ".pub >" + file + ".print").c_str()), 0);
            const auto key = vault::read_public_key(text_of(file + ".pub"));
            REQUIRE(key.has_value());
            CHECK_EQ(key->comment, "a b");
            CHECK_EQ(key->line + " a b\n", text_of(file + ".pub"));
            CHECK_NE(text_of(file + ".print").find(" " + key->fingerprint + " "), std::string::npos);
            const auto half = vault::public_half(vault::secret(text_of(file)));
            REQUIRE(half.has_value());
            CHECK_EQ(half->line, key->line);
            CHECK_EQ(half->checksum, key->checksum);
        }
    }

    TEST_CASE("what is made is read by ssh-keygen, and is another each time") {
        const temp_dir folder;
        std::string before;
        for (const std::string comment : {"", "a", "ab c", "latchkey", "twelve bytes"}) {
            CAPTURE(comment);
            const vault::ssh_key_pair made = vault::make_ssh_key(comment);
            const auto file = folder.path() / "key";
            std::ofstream(file) << made.private_key.reveal();
            std::filesystem::permissions(file, std::filesystem::perms(0600));
            const std::string name = file.string();
            REQUIRE_EQ(std::system(("ssh-keygen -y -P '' -f " + name + " >" + name + ".pub").c_str()), 0);
            CHECK_EQ(text_of(name + ".pub"), made.public_key.line + (comment.empty() ? "" : " " + comment) + "\n");
            CHECK_EQ(vault::public_half(made.private_key).value().checksum, made.public_key.checksum);
            // Both halves fit: what one signs the other verifies.
            const std::string sign =
                "cd " + folder.path().string() +
                " && echo x >m && rm -f m.sig && ssh-keygen -q -Y sign -n t -f key m 2>/dev/null && "
                "echo \"me $(cat key.pub)\" >allowed && ssh-keygen -q -Y verify -n t -f allowed "
                "-I me -s m.sig <m >/dev/null";
            CHECK_EQ(std::system(sign.c_str()), 0);
            CHECK_NE(made.public_key.line, before);
            before = made.public_key.line;
        }
    }

    TEST_CASE("what is no key is none") {
        const std::string good = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEAyCk0yvVTITqOIeNC0vYABAezNEAPQuzOZX/3tSgO9";
        REQUIRE(vault::read_public_key(good).has_value());
        for (const std::string& bad :
             {std::string(), std::string("ssh-ed25519"), "ssh-rsa" + good.substr(11), good.substr(0, good.size() - 8),
              good + "\n" + good, "ssh-ed25519 " + std::string(50'000, 'A'), std::string("ssh-ed25519 AAAA"),
              std::string("x ") + good})
            CHECK_FALSE(vault::read_public_key(bad).has_value());
        CHECK_FALSE(
            vault::public_half(vault::secret(std::string("-----BEGIN OPENSSH PRIVATE KEY-----"))).has_value());
        CHECK_FALSE(vault::public_half(vault::secret(std::string("-----END OPENSSH PRIVATE KEY-----\n"
                                                                 "-----BEGIN OPENSSH PRIVATE KEY-----\n")))
                        .has_value());
    }
}
