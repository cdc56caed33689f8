// SPDX-License-Identifier: Apache-2.0
//
// A server is backed up while it is written to, and everything that it had acknowledged before is there again:
// entries of the audit log, logs, and credentials that open.
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <sys/stat.h>
#include <thread>

using latchkey::test::read_file;
using latchkey::test::running_server;
using latchkey::test::said;
using latchkey::test::session;
using latchkey::test::temp_dir;
using latchkey::test::write_file;

namespace {

namespace fs = std::filesystem;

const std::string token = "ghp_planted0secret1value2";
const char* const file =
    "- pipeline: publish\n  actions:\n    - action: Publish\n      type: GIT_HUB_CLI\n      integration: "
    "releases\n      execute_commands: [echo went out, 'printf %s \"$GITHUB_TOKEN\" > used.txt']\n";

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

// The word after this one.
std::string word_after(const said& s, const std::string& word) {
    const std::size_t at = s.out.find(word);
    REQUIRE_NE(at, std::string::npos);
    const std::size_t from = at + word.size();
    return s.out.substr(from, s.out.find_first_of(" \n", from) - from);
}

// A local store with a credential and a run that used it.
void use_it(const session& s) {
    s.write("buddy.yml", file);
    const said added =
        s.latchkey({"integration", "add", "Releases", "--type", "GIT_HUB", "--field", "token=-", "--all-pipelines"},
                   token + "\n");
    CAPTURE(added.out);
    REQUIRE_EQ(added.code, 0);
    REQUIRE_EQ(s.latchkey({"run", "--backend", "host"}).code, 0);
}

std::vector<std::string> files_below(const fs::path& folder) {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        struct stat facts{};
        REQUIRE_EQ(::lstat(entry.path().c_str(), &facts), 0);
        CHECK_EQ(facts.st_mode & 077U, 0);
        if (entry.is_regular_file()) all.push_back(entry.path().lexically_relative(folder).string());
    }
    std::ranges::sort(all);
    return all;
}

struct backed_up {
    session from;
    std::string place;
    backed_up() {
        use_it(from);
        place = (from.project() / "backup").string();
        const said done = from.latchkey({"backup", place, "--data", data(from), "--with-key", "master.copy"});
        CAPTURE(done.out);
        REQUIRE_EQ(done.code, 0);
    }
    static std::string data(const session& s) { return (s.data() / "latchkey").string(); }
    said restore(const session& to, std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {"restore", place, "--data", data(to)};
        words.insert(words.end(), more.begin(), more.end());
        return to.latchkey(words);
    }
};

}  // namespace

TEST_SUITE("cli.backup") {
    TEST_CASE("backed up under load, restored, proven: as a folder and as an archive") {
        const session s;
        use_it(s);
        const std::string data = (s.data() / "latchkey").string();
        running_server server(s, {"--data", data, "--init-owner", "ana@acme.test", "--init-workspace", "acme",
                                  "--token-file", "owner.token"});
        server.wait_until_up();
        std::string owner = read_file(s.project() / "owner.token");
        owner.pop_back();
        std::atomic<int> acknowledged{0};
        std::atomic<bool> enough{false};
        std::vector<std::thread> load;
        for (int t = 0; t < 3; ++t)
            load.emplace_back([&, t] {
                for (int i = 0; !enough; ++i) {
                    const auto made = server.ask("POST", "/workspaces/acme/integrations", owner,
                                                 {{"name", "I " + std::to_string(t) + " " + std::to_string(i)},
                                                  {"type", "GIT_HUB"},
                                                  {"scope", "WORKSPACE"},
                                                  {"token", "ghp_x"}});
                    if (made.status == 201) ++acknowledged;
                }
            });
        while (acknowledged < 20) std::this_thread::yield();
        for (const std::string place : {"one", "two.tar.gz"}) {
            CAPTURE(place);
            const int before = acknowledged;
            const said done = s.latchkey({"backup", place, "--data", data, "--with-key", place + ".key"});
            CAPTURE(done.out);
            REQUIRE_EQ(done.code, 0);
            const session t;
            const std::string restored = (t.data() / "latchkey").string();
            const said back = t.latchkey({"restore", (s.project() / place).string(), "--data", restored, "--key",
                                          (s.project() / (place + ".key")).string()});
            CAPTURE(back.out);
            REQUIRE_EQ(back.code, 0);
            CHECK_EQ(word_after(back, "audit head "), word_after(done, "audit head "));
            const said verified = t.latchkey({"audit", "verify", "--expect", word_after(done, "audit head ")});
            CHECK_EQ(verified.code, 0);

            // The credential opens, for a run that may use it; what was logged before is there.
            t.write("buddy.yml", file);
            const said ran = t.latchkey({"run", "--backend", "host"});
            CAPTURE(ran.out);
            CHECK_EQ(ran.code, 0);
            CHECK_EQ(read_file(t.project() / "used.txt"), token);
            bool found = false;
            for (const std::string& log : files_below(fs::path(restored) / "runs/1"))
                found = found || read_file(fs::path(restored) / "runs/1" / log).find("went out") != std::string::npos;
            CHECK(found);

            running_server again(t, {"--data", restored});
            again.wait_until_up();
            const auto listed = again.ask("GET", "/workspaces/acme/integrations?per_page=1000", owner);
            CHECK_EQ(listed.status, 200);
            CHECK_GE(static_cast<int>(listed.body["integrations"].size()), std::min(before, 1000));
            again.signal(SIGTERM);
            CHECK_EQ(again.wait(), 0);
        }
        const int after = acknowledged;
        while (acknowledged < after + 5) std::this_thread::yield();  // it works on
        enough = true;
        for (std::thread& one : load) one.join();
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);
        // Nothing of the work is left, and the packed one is the owner's alone.
        CHECK_FALSE(fs::exists(s.project() / "two.tar.gz.making"));
        CHECK_FALSE(fs::exists(s.project() / "two.tar.gz.part.gz"));
        struct stat facts{};
        REQUIRE_EQ(::stat((s.project() / "two.tar.gz").c_str(), &facts), 0);
        CHECK_EQ(facts.st_mode & 0777U, 0600U);
    }

    TEST_CASE("a backup: no key and no secret in it, checked by other programs too") {
        const backed_up b;
        const auto files = files_below(b.place);
        CHECK_NE(std::ranges::find(files, "latchkey.db"), files.end());
        CHECK_EQ(std::ranges::find(files, "master.key"), files.end());
        std::string key = read_file(b.from.project() / "master.copy");
        CHECK_EQ(key, read_file(b.from.data() / "latchkey/master.key"));
        key.pop_back();
        for (const std::string& name : files) {
            const std::string bytes = read_file(fs::path(b.place) / name);
            CHECK_EQ(bytes.find(token), std::string::npos);
            CHECK_EQ(bytes.find(key), std::string::npos);
        }
        const said summed =
            b.from.program({"/bin/sh", "-c", "cd '" + b.place + "' && sha256sum --strict -c SHA256SUMS"});
        CAPTURE(summed.out);
        CHECK_EQ(summed.code, 0);

        const session t;
        const said back = b.restore(t);
        CHECK_EQ(back.code, 0);
        CHECK(has(back, "put its master key at " + backed_up::data(t) + "/master.key (0600)"));
        t.write("buddy.yml", file);
        CHECK_NE(t.latchkey({"run", "--backend", "host"}).code, 0);
        fs::copy_file(b.from.project() / "master.copy", t.data() / "latchkey/master.key");
        CHECK_EQ(t.latchkey({"run", "--backend", "host"}).code, 0);
        CHECK_FALSE(fs::exists(t.data() / "latchkey/SHA256SUMS"));
    }

    TEST_CASE("what is there is never written over") {
        const backed_up b;
        const said again = b.from.latchkey({"backup", b.place, "--data", backed_up::data(b.from)});
        CHECK_EQ(again.code, 2);
        CHECK(has(again, "is there already and not empty"));
        CHECK_EQ(
            b.from.latchkey({"backup", "x", "--data", backed_up::data(b.from), "--with-key", "master.copy"}).code, 2);
        CHECK_FALSE(fs::exists(b.from.project() / "x"));
        CHECK_EQ(b.from.latchkey({"backup", "y", "--data", backed_up::data(b.from), "--with-key", "y/key"}).code, 2);
        b.from.write("z.tar", "mine");
        CHECK_EQ(b.from.latchkey({"backup", "z.tar", "--data", backed_up::data(b.from)}).code, 2);
        CHECK_EQ(read_file(b.from.project() / "z.tar"), "mine");

        const said over = b.restore(b.from);
        CHECK_EQ(over.code, 5);
        CHECK(has(over, "is there already and not empty"));
        CHECK_EQ(b.from.latchkey({"audit", "verify"}).code, 0);
        const session none;
        const said empty = none.latchkey({"backup", "e", "--data", "nothing-here"});
        CHECK_EQ(empty.code, 5);
        CHECK_FALSE(fs::exists(none.project() / "e"));
    }

    TEST_CASE("what was touched is refused, and nothing is put in place") {
        const backed_up b;
        const auto refused = [&](const std::string& complaint, std::vector<std::string> more = {}) {
            const session t;
            const said back = b.restore(t, std::move(more));
            CAPTURE(back.out);
            CHECK_EQ(back.code, 5);
            CHECK(has(back, complaint));
            CHECK(fs::is_empty(t.data() / "latchkey"));
            CHECK_FALSE(fs::exists(t.data() / "latchkey.restoring"));
        };
        const fs::path store = fs::path(b.place) / "latchkey.db";
        const std::string bytes = read_file(store);
        write_file(store, bytes + "x");
        refused("latchkey.db is not what was backed up");
        write_file(store, bytes);
        write_file(fs::path(b.place) / "runs/planted", "x");
        refused("the backup holds what was not backed up: runs/planted");
        fs::remove(fs::path(b.place) / "runs/planted");
        fs::create_symlink("/etc", fs::path(b.place) / "runs/link");
        refused("the backup holds what was not backed up: runs/link");
        fs::remove(fs::path(b.place) / "runs/link");
        const std::string sums = read_file(fs::path(b.place) / "SHA256SUMS");
        write_file(fs::path(b.place) / "SHA256SUMS", sums + std::string(64, '0') + "  ../outside\n");
        refused("a line of ");
        write_file(fs::path(b.place) / "SHA256SUMS", sums + std::string(64, '0') + "  runs/gone\n");
        refused("runs/gone is missing");
        write_file(fs::path(b.place) / "SHA256SUMS", sums);
        const std::string wrong = (b.from.project() / "wrong.key").string();
        write_file(wrong, std::string(64, 'a') + "\n");
        fs::permissions(wrong, fs::perms(0600));
        refused("does not open what is in this backup", {"--key", wrong});
        const session t;
        CHECK_EQ(b.restore(t).code, 0);
    }

    TEST_CASE("an archive with a link in it, or one that is none") {
        const backed_up b;
        const std::string archive = (b.from.project() / "made.tar").string();
        fs::create_directory(b.from.project() / "evil");
        fs::create_symlink("/tmp", b.from.project() / "evil/runs");
        write_file(b.from.project() / "evil/SHA256SUMS", "");
        REQUIRE_EQ(b.from.program({"/bin/tar", "-C", "evil", "-cf", archive, "."}).code, 0);
        const session t;
        const said linked = t.latchkey({"restore", archive, "--data", backed_up::data(t)});
        CHECK_EQ(linked.code, 5);
        CHECK(has(linked, "the backup holds what was not backed up: runs"));
        write_file(archive, "no archive");
        const said broken = t.latchkey({"restore", archive, "--data", backed_up::data(t)});
        CHECK_EQ(broken.code, 5);
        CHECK(has(broken, "tar can't work on "));
    }

    TEST_CASE("help") {
        CHECK_GOLDEN("runner/cli/golden/help_backup.txt", session().latchkey({"backup", "--help"}).out);
        CHECK_GOLDEN("runner/cli/golden/help_restore.txt", session().latchkey({"restore", "--help"}).out);
    }
}
