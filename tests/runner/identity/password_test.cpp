// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/password.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>

using namespace latchkey;
using namespace latchkey::identity;

TEST_SUITE("identity.password") {
    TEST_CASE("a hash is Argon2id's, another each time, and only its password fits") {
        const std::string hash = hash_password("correct horse battery").value();
        CHECK(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"));
        CHECK_NE(hash_password("correct horse battery").value(), hash);
        CHECK(is_password(hash, "correct horse battery").value());
        for (const char* wrong : {"", "correct horse batter", "correct horse battery ", "Correct horse battery"})
            CHECK_FALSE(is_password(hash, wrong).value());
        CHECK_FALSE(is_password(hash, std::string_view("correct horse battery\0x", 23)).value());
        // Who has none has no password that fits, not even that of the hash that stands in for it.
        CHECK_FALSE(is_password(std::nullopt, "").value());
        CHECK_FALSE(is_password("", "").has_value());
        CHECK_FALSE(is_password("no hash", "correct horse battery").value());
    }

    TEST_CASE("where there is no hash it takes as long: the same work is done") {
        const std::string hash = hash_password("correct horse battery").value();
        // Of this thread's own work: what else the machine does is not in it.
        const auto worked = [] {
            timespec t{};
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
        };
        const auto time = [&](const std::optional<std::string>& against) {
            double best = 1e9;
            for (int i = 0; i < 5; ++i) {
                const double began = worked();
                (void)is_password(against, "wrong horse battery");
                best = std::min(best, worked() - began);
            }
            return best;
        };
        (void)is_password(std::nullopt, "the first makes it");
        const double ratio = time(std::nullopt) / time(hash);
        CAPTURE(ratio);
        // The best of five each; without the work it would be a thousandth.
        CHECK_GT(ratio, 0.5);
        CHECK_LT(ratio, 2.0);
    }

    TEST_CASE("what may be a password") {
        CHECK_EQ(check_new_password("eleven char").error().what, "a password has 12 characters or more");
        CHECK(check_new_password("twelve chars").has_value());
        CHECK(check_new_password(std::string(1024, 'a')).has_value());
        CHECK_EQ(check_new_password(std::string(1025, 'a')).error().what, "a password has 1024 bytes at most");
        // Characters, not bytes.
        CHECK(check_new_password("ääääää").has_error());
        CHECK(check_new_password("ääääääääääää").has_value());
    }
}
