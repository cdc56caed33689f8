// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/secret_files.hpp"

#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/stat.h>

using latchkey::exec::secret_file;
using latchkey::exec::secret_files;
namespace fs = std::filesystem;

namespace {

// A folder in memory of this test's own, where other runners' folders are not.
class own_memory {
public:
    own_memory() {
        std::string folder = "/dev/shm/test-secret-files-XXXXXX";
        REQUIRE_NE(::mkdtemp(folder.data()), nullptr);
        folder_ = folder;
        ::setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
    }
    own_memory(const own_memory&) = delete;
    own_memory& operator=(const own_memory&) = delete;
    ~own_memory() {
        ::unsetenv("XDG_RUNTIME_DIR");
        fs::remove_all(folder_);
    }
    const fs::path& path() const { return folder_; }

private:
    fs::path folder_;
};

}  // namespace

TEST_SUITE("exec.secret_files") {
    TEST_CASE("private while used, gone with their owner: two files of one name") {
        const latchkey::vault::secret first(std::string("one"));
        const latchkey::vault::secret second(std::string("two"));
        fs::path folder;
        {
            auto written = secret_files::write(
                {{"A", "key", &first, false}, {"B", "key", &second, false}, {"C", "x", &first, true}});
            REQUIRE(written.has_value());
            const secret_files files = std::move(*written);
            REQUIRE_EQ(files.variables().size(), 3);
            const fs::path a = files.variables()[0].second;
            std::string text;
            std::ifstream(files.variables()[1].second) >> text;
            CHECK_EQ(text, "two");
            CHECK(fs::exists(fs::path(files.variables()[2].second) / "x"));
            CHECK_EQ(fs::status(a).permissions(), fs::perms(0600));
            folder = a.parent_path().parent_path();
            CHECK_EQ(fs::status(folder).permissions(), fs::perms(0700));
            // Another runner that starts meanwhile leaves them alone.
            latchkey::exec::memory_folder::remove_left_behind();
            CHECK(fs::exists(a));
        }
        CHECK_FALSE(fs::exists(folder));
    }

    TEST_CASE("refused, and nothing stays: a name that leaves the folder") {
        const latchkey::vault::secret content(std::string("x"));
        for (const char* name : {"../x", "a/b", "..", ".", ""})
            CHECK_FALSE(secret_files::write({{"A", name, &content, false}}).has_value());
        CHECK(secret_files::write({})->variables().empty());
    }

    TEST_CASE("what a killed runner left is removed: old and unlocked, nothing else") {
        const latchkey::vault::secret content(std::string("x"));
        const own_memory parent;
        auto used = secret_files::write({{"A", "key", &content, false}});
        REQUIRE(used.has_value());
        const auto ours = latchkey::exec::memory_folder::parent();
        REQUIRE(ours.has_value());
        const fs::path young = fs::path(*ours) / "young!";
        fs::create_directory(young);
        // The age of a folder can't be set: what is asked for is.
        latchkey::exec::memory_folder::remove_left_behind(std::chrono::seconds(60));
        CHECK(fs::exists(young));
        latchkey::exec::memory_folder::remove_left_behind(std::chrono::seconds(-2));
        CHECK_FALSE(fs::exists(young));
        CHECK(fs::exists(used->variables()[0].second));
        fs::create_directory(parent.path() / "another's");
        latchkey::exec::memory_folder::remove_left_behind(std::chrono::seconds(-2));
        CHECK(fs::exists(parent.path() / "another's"));
    }

    TEST_CASE("refused: the folder of all of them is open to others, or no folder") {
        const latchkey::vault::secret content(std::string("x"));
        const own_memory parent;
        const auto ours = latchkey::exec::memory_folder::parent();
        REQUIRE(ours.has_value());
        fs::permissions(*ours, fs::perms(0755));
        const auto open = secret_files::write({{"A", "key", &content, false}});
        REQUIRE_FALSE(open.has_value());
        CHECK_EQ(open.error().what, *ours + " is not a folder of ours alone (0700): remove it");
        fs::remove(*ours);
        fs::create_directory_symlink("/tmp", *ours);
        CHECK_FALSE(secret_files::write({{"A", "key", &content, false}}).has_value());
    }
}
