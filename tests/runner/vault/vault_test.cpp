// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/vault.hpp"

#include "runner/vault/harden.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <cstdlib>
#include <functional>
#include <ostream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

using namespace latchkey::policy;
using latchkey::errc;
using latchkey::vault::load_master_key;
using latchkey::vault::master_key;
using latchkey::vault::sealed_field;
using latchkey::vault::secret;
using latchkey::vault::wrapped_key;
using the_vault = latchkey::vault::vault;

namespace {

template <class T>
concept printable = requires(std::ostream& o, const T& t) { o << t; };
template <class T>
concept hashable = requires(const T& t) { std::hash<T>{}(t); };

static_assert(!std::copy_constructible<secret> && !std::is_copy_assignable_v<secret>);
static_assert(!printable<secret>);
static_assert(!std::equality_comparable<secret>);
static_assert(!hashable<secret>);
static_assert(!std::convertible_to<secret, std::string> && !std::convertible_to<secret, std::string_view>);
static_assert(std::is_nothrow_move_constructible_v<secret>);

// Decisions are made by decide() only: one that allows the integration, and one that does not.
decision decision_for(integration_id integration, bool allowed) {
    snapshot_builder facts{revision(1)};
    latchkey::policy::integration i;
    i.id = integration;
    i.all_pipelines_allowed = allowed;
    latchkey::policy::pipeline p;
    p.id = pipeline_id(1);
    facts.add(i).add(p);
    use_request r;
    r.integration = integration;
    r.pipeline = pipeline_id(1);
    r.source = source_trust::trusted;
    return decide(std::move(facts).build(), r);
}

struct fixture {
    latchkey::test::temp_dir folder;
    master_key master = load_master_key(folder / "keys/master.key", true).value();
    std::vector<wrapped_key> keys = {the_vault::make_key(master, 1)};
    the_vault vault = the_vault::unlock(master, keys).value();
    integration_id integration{7};

    sealed_field sealed(const char* value = "the plain value") {
        return vault.seal(integration, "token", 3, secret(std::string(value)));
    }
    errc refusal(const sealed_field& f) {
        const auto opened = vault.open(decision_for(integration, true), integration, std::span(&f, 1));
        if (opened) return errc::usage;
        CHECK_EQ(opened.error().what.find("plain value"), std::string::npos);
        return opened.error().code;
    }
};

}  // namespace

TEST_SUITE("vault.secret") {
    TEST_CASE("wiped: the string that a secret was made from, and a string that is wiped") {
        std::string text = "a secret that is long enough for the heap";
        const char* bytes = text.data();
        const std::size_t size = text.size();
        const secret s(std::move(text));
        CHECK_EQ(s.reveal(), "a secret that is long enough for the heap");
        CHECK(text.empty());
        CHECK_EQ(std::string(bytes, size), std::string(size, '\0'));
    }

    TEST_CASE("moved: the value goes along, and what it came from is empty") {
        secret a(std::string("value"));
        secret b(std::move(a));
        CHECK(a.empty());
        CHECK_EQ(b.reveal(), "value");
        secret c(std::string("other"));
        c = std::move(b);
        CHECK_EQ(c.reveal(), "value");
        CHECK(secret().empty());
    }
}

TEST_SUITE("vault.vault") {
    TEST_CASE_FIXTURE(fixture, "opened: with a decision that allows this integration") {
        const sealed_field f = sealed();
        CHECK_EQ(f.bytes.find("plain"), std::string::npos);
        CHECK_NE(sealed().bytes, f.bytes);  // a fresh nonce each time
        const auto opened = vault.open(decision_for(integration, true), integration, std::span(&f, 1));
        REQUIRE(opened.has_value());
        CHECK_EQ(opened->front().name, "token");
        CHECK_EQ(opened->front().value.reveal(), "the plain value");
    }

    TEST_CASE_FIXTURE(fixture, "refused: a denial, or another integration's permission") {
        const sealed_field f = sealed();
        for (const decision& d : {decision_for(integration, false), decision_for(integration_id(8), true)}) {
            const auto opened = vault.open(d, integration, std::span(&f, 1));
            REQUIRE_FALSE(opened.has_value());
            CHECK(opened.error().code == errc::refused);
        }
    }

    TEST_CASE_FIXTURE(fixture, "a trial: opens for who has Use, refused to who has less or tries another one") {
        const sealed_field f = sealed();
        const auto trial_of = [&](level of, integration_id asked) {
            snapshot_builder facts{revision(1)};
            for (const integration_id id : {integration, integration_id(8)}) {
                latchkey::policy::integration i;
                i.id = id;
                i.others = of;
                facts.add(i);
            }
            facts.add(user{user_id(1), workspace_role::member, {}});
            return decide(std::move(facts).build(), trial_request{decision_id(1), user_id(1), asked});
        };
        const auto opened = vault.open(trial_of(level::use_only, integration), integration, std::span(&f, 1));
        REQUIRE(opened.has_value());
        CHECK_EQ(opened->front().value.reveal(), "the plain value");
        for (const trial& t : {trial_of(level::denied, integration), trial_of(level::delete_only, integration),
                               trial_of(level::manage, integration_id(8))}) {
            const auto refused = vault.open(t, integration, std::span(&f, 1));
            REQUIRE_FALSE(refused.has_value());
            CHECK(refused.error().code == errc::refused);
        }
    }

    TEST_CASE_FIXTURE(fixture, "corrupt: any bit changed, or moved to another field, version or integration") {
        const sealed_field f = sealed();
        for (std::size_t i = 0; i < f.bytes.size(); ++i) {
            sealed_field changed = f;
            changed.bytes[i] = static_cast<char>(changed.bytes[i] ^ 1);
            CHECK(refusal(changed) == errc::corrupt);
        }
        sealed_field moved = f;
        moved.name = "secret_key";
        CHECK(refusal(moved) == errc::corrupt);
        moved = f;
        moved.version = 4;
        CHECK(refusal(moved) == errc::corrupt);
        moved = f;
        moved.key = 2;
        CHECK(refusal(moved) == errc::corrupt);
        moved = f;
        moved.bytes.resize(10);
        CHECK(refusal(moved) == errc::corrupt);
        const auto elsewhere = vault.open(decision_for(integration_id(8), true), integration_id(8), std::span(&f, 1));
        REQUIRE_FALSE(elsewhere.has_value());
        CHECK(elsewhere.error().code == errc::corrupt);
        CHECK_NE(elsewhere.error().what.find("token"), std::string::npos);
    }

    TEST_CASE_FIXTURE(fixture, "the server's own: opened without a decision, and no integration's field opens so") {
        const sealed_field own = vault.seal_own("signs tokens", 1, secret(std::string("the plain value")));
        CHECK_EQ(own.bytes.find("plain"), std::string::npos);
        CHECK_EQ(vault.open_own(own).value().reveal(), "the plain value");
        sealed_field renamed = own;
        renamed.name = "another";
        sealed_field newer = own;
        newer.version = 2;
        sealed_field changed = own;
        changed.bytes[30] = static_cast<char>(changed.bytes[30] ^ 1);
        for (const sealed_field& moved : {renamed, newer, changed})
            CHECK_EQ(vault.open_own(moved).error().code, errc::corrupt);
        sealed_field of_integration = sealed();
        CHECK_EQ(vault.open_own(of_integration).error().code, errc::corrupt);
        sealed_field disguised = own;
        disguised.name = "token";
        CHECK_EQ(refusal(own), errc::corrupt);
        CHECK_EQ(refusal(disguised), errc::corrupt);
    }

    TEST_CASE_FIXTURE(fixture, "sealed for an owner: it opens for no other, under no other name and version") {
        const the_vault& sealing = vault;
        using latchkey::vault::value_kind;
        const auto sealed = sealing.seal_value({value_kind::variable, 7}, "value", 1, secret("planted"));
        CHECK_EQ(sealed.bytes.find("planted"), std::string::npos);
        CHECK_EQ(sealing.open_value({value_kind::variable, 7}, sealed).value().reveal(), "planted");
        CHECK_EQ(sealing.open_value({value_kind::webhook, 7}, sealed).error().code, errc::corrupt);
        CHECK_EQ(sealing.open_value({value_kind::variable, 8}, sealed).error().code, errc::corrupt);
        auto moved = sealed;
        moved.version = 2;
        CHECK_EQ(sealing.open_value({value_kind::variable, 7}, moved).error().code, errc::corrupt);
        moved = sealed;
        moved.name = "other";
        CHECK_EQ(sealing.open_value({value_kind::variable, 7}, moved).error().code, errc::corrupt);
        moved = sealed;
        moved.bytes.back() = static_cast<char>(moved.bytes.back() ^ 1);
        CHECK_EQ(sealing.open_value({value_kind::variable, 7}, moved).error().code, errc::corrupt);
        moved = sealed;
        moved.key = 99;
        CHECK_EQ(sealing.open_value({value_kind::variable, 7}, moved).error().code, errc::corrupt);
        // Nor is it an integration's field.
        CHECK(sealing.open(decision_for(integration_id(7), true), integration_id(7), {&sealed, 1}).has_error());
    }

    TEST_CASE_FIXTURE(fixture, "rotated: another master key, another data key, the same values") {
        const sealed_field old = sealed();
        const master_key other = load_master_key(folder / "other/master.key", true).value();
        CHECK_FALSE(the_vault::unlock(other, keys).has_value());
        auto rewrapped = the_vault::rewrap(master, other, keys);
        REQUIRE(rewrapped.has_value());
        rewrapped->push_back(the_vault::make_key(other, 2));
        const auto after = the_vault::unlock(other, *rewrapped);
        REQUIRE(after.has_value());
        CHECK_FALSE(the_vault::unlock(master, *rewrapped).has_value());
        const auto resealed = after->reseal(integration, old);
        REQUIRE(resealed.has_value());
        CHECK_EQ(resealed->key, 2);
        for (const sealed_field& f : {old, *resealed})
            CHECK_EQ(after->open(decision_for(integration, true), integration, std::span(&f, 1))
                         .value()
                         .front()
                         .value.reveal(),
                     "the plain value");
        // A wrapped key under another's number does not open.
        std::vector<wrapped_key> swapped = keys;
        swapped.front().id = 2;
        CHECK_FALSE(the_vault::unlock(master, swapped).has_value());
        CHECK_FALSE(the_vault::unlock(master, {}).has_value());
    }
}

TEST_SUITE("vault.master_key") {
    TEST_CASE("made: 0600 in a folder of 0700, and read again") {
        const latchkey::test::temp_dir folder;
        const auto file = folder / "data/master.key";
        CHECK(load_master_key(file, false).error().code == errc::not_found);
        const auto made = load_master_key(file, true);
        REQUIRE(made.has_value());
        struct stat facts{};
        REQUIRE_EQ(::stat(file.c_str(), &facts), 0);
        CHECK_EQ(facts.st_mode & 0777U, 0600U);
        REQUIRE_EQ(::stat(file.parent_path().c_str(), &facts), 0);
        CHECK_EQ(facts.st_mode & 0777U, 0700U);
        CHECK_EQ(load_master_key(file, true).value().bytes.reveal(), made->bytes.reveal());
        CHECK_EQ(made->bytes.size(), 32);
        // Nothing half-made lies beside it.
        CHECK_EQ(std::distance(std::filesystem::directory_iterator(folder / "data"), {}), 1);
    }

    TEST_CASE("refused: others can read it, it is a link, or it is no key") {
        const latchkey::test::temp_dir folder;
        const auto file = folder / "master.key";
        REQUIRE(load_master_key(file, true).has_value());
        for (const unsigned mode : {0644U, 0640U, 0604U, 0660U}) {
            ::chmod(file.c_str(), mode);
            const auto loose = load_master_key(file, true);
            REQUIRE_FALSE(loose.has_value());
            CHECK(loose.error().code == errc::refused);
            CHECK_NE(loose.error().what.find("chmod 600"), std::string::npos);
        }
        ::chmod(file.c_str(), 0600);
        std::filesystem::create_symlink(file, folder / "link");
        CHECK_FALSE(load_master_key(folder / "link", false).has_value());
        latchkey::test::write_file(folder / "short", "abcd\n");
        ::chmod((folder / "short").c_str(), 0600);
        const auto bad = load_master_key(folder / "short", true);
        REQUIRE_FALSE(bad.has_value());
        CHECK_EQ(bad.error().what.find("abcd"), std::string::npos);
    }

    TEST_CASE("agreed: many at once make one key") {
        const latchkey::test::temp_dir folder;
        std::vector<std::string> seen(8);
        std::vector<std::thread> threads;
        for (std::string& each : seen)
            threads.emplace_back([&] {
                const auto key = load_master_key(folder / "master.key", true);
                if (key) each = key->bytes.reveal();
            });
        for (std::thread& t : threads) t.join();
        for (const std::string& each : seen) CHECK_EQ(each, seen.front());
    }

    TEST_CASE("taken from the environment: and gone from there") {
        const latchkey::test::temp_dir folder;
        const std::string hex(64, 'a');
        ::setenv("LATCHKEY_MASTER_KEY", hex.c_str(), 1);
        const char* where = std::getenv("LATCHKEY_MASTER_KEY");
        const auto key = load_master_key(folder / "master.key", true);
        REQUIRE(key.has_value());
        CHECK_EQ(key->bytes.reveal(), std::string(32, '\xaa'));
        CHECK_EQ(std::getenv("LATCHKEY_MASTER_KEY"), nullptr);
        CHECK_EQ(std::string(where, 8), std::string(8, '\0'));
        CHECK_FALSE(std::filesystem::exists(folder / "master.key"));
    }

    TEST_CASE("taken from a systemd credential: before the file") {
        const latchkey::test::temp_dir folder;
        latchkey::test::write_file(folder / "latchkey_master_key", std::string(64, 'b') + "\n");
        ::chmod((folder / "latchkey_master_key").c_str(), 0600);
        ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
        const auto key = load_master_key(folder / "master.key", true);
        ::unsetenv("CREDENTIALS_DIRECTORY");
        REQUIRE(key.has_value());
        CHECK_NE(key->origin.find("systemd"), std::string::npos);
    }
}

TEST_SUITE("vault.harden") {
    TEST_CASE("hardened: no core dump, and no other process may read the memory") {
        latchkey::vault::harden_process();
        CHECK_EQ(::prctl(PR_GET_DUMPABLE), 0);
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        CHECK_EQ(core.rlim_cur, 0);
        ::prctl(PR_SET_DUMPABLE, 1);
    }
}
