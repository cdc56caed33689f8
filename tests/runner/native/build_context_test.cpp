// SPDX-License-Identifier: Apache-2.0
#include "runner/native/build_context.hpp"

#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sys/stat.h>

using latchkey::native::build_context;
using latchkey::native::ignored;
using latchkey::test::read_file;
using latchkey::test::temp_dir;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

// Unpacked by tar, the program; the names of the files in it, sorted.
std::string unpacked(build_context& context, const temp_dir& into) {
    std::ofstream out(into / "context.tar", std::ios::binary);
    for (;;) {
        const auto piece = context.next();
        REQUIRE_MESSAGE(piece.has_value(), (piece ? "" : piece.error().what));
        if (piece->empty()) break;
        out << *piece;
    }
    out.close();
    const std::string at = into.path().string();
    const std::string command = "cd " + at +
                                " && mkdir files && tar -xf context.tar -C files && cd files && find . "
                                "-type f -o -type l | sort > ../names";
    REQUIRE_EQ(std::system(command.c_str()), 0);
    return read_file(into / "names");
}

}  // namespace

TEST_SUITE("native.build_context") {
    TEST_CASE("left out: what the lines of .dockerignore match, and all that is below it") {
        CHECK(ignored({"node_modules"}, "node_modules"));
        CHECK(ignored({"node_modules"}, "node_modules/a/b.js"));
        CHECK_FALSE(ignored({"node_modules"}, "src/node_modules/a"));
        CHECK(ignored({"**/node_modules"}, "src/deep/node_modules/a"));
        CHECK(ignored({"**/*.log"}, "x.log"));
        CHECK(ignored({"*.log"}, "x.log"));
        CHECK_FALSE(ignored({"*.log"}, "src/x.log"));
        CHECK(ignored({"/build/"}, "build/out"));
        CHECK(ignored({"./build"}, "build"));
        CHECK(ignored({"a/**"}, "a/b"));
        CHECK_FALSE(ignored({"a/**"}, "a"));
        CHECK(ignored({"a/**/z"}, "a/z"));
        CHECK(ignored({"*"}, "anything"));
    }

    TEST_CASE("the last line that matches counts, and ! takes back") {
        CHECK_FALSE(ignored({"*", "!src"}, "src/main.c"));
        CHECK(ignored({"*", "!src", "src/*.o"}, "src/main.o"));
        CHECK(ignored({"!src", "*"}, "src/main.c"));
        CHECK_FALSE(ignored({}, "x"));
        CHECK_FALSE(ignored({"!"}, "x"));
    }

    TEST_CASE("decided at once: a pattern made to take for ever") {
        std::string pattern;
        std::string path;
        for (int i = 0; i < 60; ++i) pattern += "**/a/";
        for (int i = 0; i < 200; ++i) path += "a/";
        CHECK(ignored({pattern + "a"}, path));
        CHECK_FALSE(ignored({pattern + "b"}, path + "c"));
    }

    TEST_CASE("archived: files of any size, links as links, the Dockerfile though it is ignored") {
        const temp_dir from;
        const temp_dir to;
        std::string large(3UL << 20U, '\0');
        std::mt19937 random(1);
        for (char& c : large) c = static_cast<char>(random());
        write(from / "Dockerfile", "FROM x\n");
        write(from / ".dockerignore", "# what is not needed\nDockerfile\r\nsecret*\n\n");
        write(from / "src/large", large);
        write(from / "empty", "");
        write(from / "secret.key", "key");
        fs::create_symlink("/etc/passwd", from / "link");
        auto context = build_context::open(from.path(), from / "Dockerfile");
        REQUIRE(context.has_value());
        CHECK_EQ(context->dockerfile(), "Dockerfile");
        CHECK_EQ(unpacked(*context, to), "./.dockerignore\n./Dockerfile\n./empty\n./link\n./src/large\n");
        CHECK(read_file(to / "files/src/large") == large);
        CHECK_EQ(fs::read_symlink(to / "files/link"), "/etc/passwd");
    }

    TEST_CASE("a Dockerfile beside the context comes along under a name of its own") {
        const temp_dir from;
        const temp_dir to;
        write(from / "docker/Dockerfile", "FROM x\n");
        write(from / "app/main", "x");
        auto context = build_context::open(from / "app", from / "docker/Dockerfile");
        REQUIRE(context.has_value());
        CHECK_EQ(context->dockerfile(), ".latchkey.Dockerfile");
        CHECK_EQ(unpacked(*context, to), "./.latchkey.Dockerfile\n./main\n");
    }

    TEST_CASE("refused: no Dockerfile, no folder, a pipe is never waited for") {
        const temp_dir from;
        CHECK_EQ(build_context::open(from.path(), from / "Dockerfile").error().what,
                 "there is no Dockerfile at " + (from / "Dockerfile").string());
        write(from / "Dockerfile", "FROM x\n");
        CHECK_FALSE(build_context::open(from / "nothing", from / "Dockerfile").has_value());
        REQUIRE_EQ(::mkfifo((from / "pipe").c_str(), 0600), 0);
        const temp_dir to;
        auto context = build_context::open(from.path(), from / "Dockerfile");
        REQUIRE(context.has_value());
        CHECK_EQ(unpacked(*context, to), "./Dockerfile\n");
    }

    TEST_CASE("said, not built: a file that has gone meanwhile") {
        const temp_dir from;
        write(from / "Dockerfile", "FROM x\n");
        write(from / "gone", "x");
        auto context = build_context::open(from.path(), from / "Dockerfile");
        REQUIRE(context.has_value());
        fs::remove(from / "gone");
        CHECK_EQ(context->next().error().what, "can't read gone for the image");
    }
}
