// SPDX-License-Identifier: Apache-2.0
#include "runner/log/log_reader.hpp"
#include "runner/log/log_writer.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <thread>

using latchkey::log::log_reader;
using latchkey::log::log_writer;
using latchkey::log::masker;
using latchkey::log::masker_stream;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
    struct stat facts{};
    REQUIRE_EQ(::stat(path.c_str(), &facts), 0);
    return facts.st_mode & 0777U;
}

void write(log_writer& writer, std::string_view text) {
    masker_stream plain{masker()};
    REQUIRE(writer.write(plain.feed(text)).has_value());
}

}  // namespace

TEST_SUITE("log.log_writer") {
    TEST_CASE("private: the file is 0600 and its folders 0700") {
        const latchkey::test::temp_dir folder;
        const auto path = latchkey::log::log_path(folder / "runs", 42, 2, 7);
        CHECK_EQ(path, folder / "runs/42/2/7.log");
        auto writer = log_writer::create(path);
        REQUIRE(writer.has_value());
        write(*writer, "");
        CHECK_FALSE(std::filesystem::exists(path));  // silent so far
        write(*writer, "one\n");
        write(*writer, "two");
        CHECK_EQ(latchkey::test::read_file(path), "one\ntwo");
        CHECK_EQ(mode_of(path), 0600U);
        CHECK_EQ(mode_of(path.parent_path()), 0700U);
        CHECK_EQ(mode_of(folder / "runs"), 0700U);
        CHECK_FALSE(log_writer::create(path).has_value());  // never over another log
    }

    TEST_CASE("bounded: beyond the cap one line says so, and the rest is counted") {
        const latchkey::test::temp_dir folder;
        auto writer = log_writer::create(folder / "x.log", 10);
        REQUIRE(writer.has_value());
        write(*writer, "12345");
        write(*writer, "67890abc");
        write(*writer, "more");
        CHECK_EQ(writer->size(), 10);
        CHECK_EQ(writer->dropped(), 7);
        const std::string text = latchkey::test::read_file(folder / "x.log");
        CHECK(text.starts_with("1234567890\n[latchkey: the log ends here"));
        CHECK_EQ(text.find("abc"), std::string::npos);
    }

    TEST_CASE("refused: a link in the place of the file") {
        const latchkey::test::temp_dir folder;
        std::filesystem::create_symlink(folder / "elsewhere", folder / "x.log");
        CHECK_FALSE(log_writer::create(folder / "x.log").has_value());
        // Put there later, it is not followed either.
        auto writer = log_writer::create(folder / "y.log");
        REQUIRE(writer.has_value());
        std::filesystem::create_symlink(folder / "elsewhere", folder / "y.log");
        masker_stream plain{masker()};
        CHECK_FALSE(writer->write(plain.feed("text")).has_value());
        CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
    }

    TEST_CASE("refused: the folder can't be made") {
        const latchkey::test::temp_dir folder;
        latchkey::test::write_file(folder / "runs", "a file");
        CHECK_FALSE(log_writer::create(latchkey::log::log_path(folder / "runs", 1, 1, 1)).has_value());
    }
}

TEST_SUITE("log.log_reader") {
    TEST_CASE("lines by number: across entries of the index, and without a last line end") {
        const latchkey::test::temp_dir folder;
        std::string text;
        for (int i = 1; i <= 2500; ++i) text += "line " + std::to_string(i) + "\n";
        text += "the last";
        latchkey::test::write_file(folder / "x.log", text);
        auto reader = log_reader::open(folder / "x.log");
        REQUIRE(reader.has_value());
        CHECK_EQ(reader->count_lines().value(), 2501);
        CHECK_EQ(reader->lines(1, 2).value(), "line 1\nline 2\n");
        CHECK_EQ(reader->lines(1000, 3).value(), "line 1000\nline 1001\nline 1002\n");
        CHECK_EQ(reader->lines(2500, 10).value(), "line 2500\nthe last");
        CHECK_EQ(reader->lines(2502, 1).value(), "");
        CHECK_EQ(reader->lines(99999, 1).value(), "");
        CHECK_EQ(reader->lines(0, 1).value(), "");
    }

    TEST_CASE("the last lines: as many as asked, and never more than so many bytes") {
        const latchkey::test::temp_dir folder;
        latchkey::test::write_file(folder / "x.log", "one\ntwo\n\nfour\nfive");
        auto reader = log_reader::open(folder / "x.log");
        REQUIRE(reader.has_value());
        CHECK_EQ(reader->last_lines(2, 100).value(), "four\nfive");
        CHECK_EQ(reader->last_lines(3, 100).value(), "\nfour\nfive");
        CHECK_EQ(reader->last_lines(99, 100).value(), "one\ntwo\n\nfour\nfive");
        CHECK_EQ(reader->last_lines(99, 7).value(), "ur\nfive");
        CHECK_EQ(reader->last_lines(1, 2).value(), "ve");
        latchkey::test::write_file(folder / "y.log", "one\ntwo\n");
        CHECK_EQ(log_reader::open(folder / "y.log")->last_lines(1, 100).value(), "two\n");
        latchkey::test::write_file(folder / "z.log", std::string(100'000, 'x'));
        auto long_line = log_reader::open(folder / "z.log");
        CHECK_EQ(long_line->last_lines(5, 1000).value(), std::string(1000, 'x'));
        CHECK_EQ(long_line->lines(1, 1, 1000).value(), std::string(1000, 'x'));
    }

    TEST_CASE("follows: what another writes is read as it comes") {
        const latchkey::test::temp_dir folder;
        auto writer = log_writer::create(folder / "x.log");
        REQUIRE(writer.has_value());
        CHECK_EQ(log_reader::open(folder / "x.log").error().code, latchkey::errc::not_found);
        write(*writer, "it began: ");
        auto reader = log_reader::open(folder / "x.log");
        REQUIRE(reader.has_value());
        CHECK_EQ(reader->next().value(), "it began: ");
        CHECK(reader->wait(std::chrono::milliseconds(0)));  // the first wait says: look again
        std::thread other([&] { write(*writer, "grown"); });
        std::string seen;
        while (seen.empty()) {
            reader->wait(std::chrono::seconds(10));
            seen += reader->next().value();
        }
        other.join();
        CHECK_EQ(seen, "grown");
        CHECK_EQ(reader->count_lines().value(), 1);
        write(*writer, "\nmore\n");
        CHECK_EQ(reader->count_lines().value(), 2);
    }

    TEST_CASE("not found: there is no such log") {
        const latchkey::test::temp_dir folder;
        const auto reader = log_reader::open(folder / "x.log");
        REQUIRE_FALSE(reader.has_value());
        CHECK(reader.error().code == latchkey::errc::not_found);
    }
}

TEST_SUITE("log.search") {
    using latchkey::log::log_reader;

    TEST_CASE("a text is found in its lines, once each, from any line on, across the pieces that are read") {
        const latchkey::test::temp_dir folder;
        const auto path = folder / "runs/1/1/0.log";
        auto writer = log_writer::create(path);
        REQUIRE(writer.has_value());
        std::string text;
        for (int i = 1; i <= 30'000; ++i) text += "line " + std::to_string(i) + " of Many and Many\n";
        text += std::string(1U << 19U, 'x') + "needle at the end";
        write(*writer, text);
        auto reader = log_reader::open(path);
        REQUIRE(reader.has_value());
        const auto later = [] { return std::chrono::steady_clock::now() + std::chrono::hours(1); };
        // Said a second time, line by line.
        for (const std::string needle : {"line 299", "9 of", "Many"}) {
            auto all = reader->search(needle, false, 1, 1'000'000, later());
            REQUIRE(all.has_value());
            CHECK_FALSE(all->next.has_value());
            std::size_t hit = 0;
            std::size_t at = 0;
            for (std::uint64_t line = 1; at < text.size(); ++line) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                const std::size_t place = text.substr(at, end - at).find(needle);
                at = end + 1;
                if (place == std::string::npos) continue;
                REQUIRE(hit < all->found.size());
                CHECK_EQ(all->found[hit].line, line);
                CHECK_EQ(all->found[hit++].column, place + 1);
            }
            CHECK_EQ(hit, all->found.size());
        }
        const auto some = reader->search("many", true, 29'999, 1, later());
        REQUIRE_EQ(some->found.size(), 1);
        CHECK_EQ(some->found[0].line, 29'999);
        CHECK_EQ(*some->next, 30'000);
        CHECK(reader->search("many", false, 1, 10, later())->found.empty());
        const auto last = reader->search("needle", false, 30'001, 10, later());
        REQUIRE_EQ(last->found.size(), 1);
        CHECK_EQ(last->found[0].column, (1U << 19U) + 1);
        CHECK(reader->search("line", false, 40'000, 10, later())->found.empty());
    }

    TEST_CASE("a search whose time is over says where to go on, and going on finds everything") {
        const latchkey::test::temp_dir folder;
        const auto path = folder / "runs/1/1/0.log";
        auto writer = log_writer::create(path);
        REQUIRE(writer.has_value());
        std::string text;
        for (int i = 1; i <= 50'000; ++i) text += i % 10'000 == 0 ? "the needle\n" : "nothing at all is here\n";
        write(*writer, text);
        auto reader = log_reader::open(path);
        REQUIRE(reader.has_value());
        std::vector<std::uint64_t> found;
        std::optional<std::uint64_t> from = 1;
        int calls = 0;
        for (; from; ++calls) {
            auto part = reader->search("needle", false, *from, 100, std::chrono::steady_clock::now());
            REQUIRE(part.has_value());
            for (const auto& hit : part->found) found.push_back(hit.line);
            from = part->next;
        }
        CHECK_EQ(found, std::vector<std::uint64_t>{10'000, 20'000, 30'000, 40'000, 50'000});
        CHECK(calls > 1);
    }

    TEST_CASE("of a line without an end a bounded part is kept, and a text is found wherever it stands") {
        const latchkey::test::temp_dir folder;
        const auto path = folder / "runs/1/1/0.log";
        auto writer = log_writer::create(path);
        REQUIRE(writer.has_value());
        std::string text((1U << 20U) + (1U << 18U) - 3, 'x');
        text += "needle";
        text += std::string(1U << 20U, 'y');
        write(*writer, text);
        auto reader = log_reader::open(path);
        REQUIRE(reader.has_value());
        const auto all =
            reader->search("needle", false, 1, 10, std::chrono::steady_clock::now() + std::chrono::hours(1));
        REQUIRE_EQ(all->found.size(), 1);
        CHECK_EQ(all->found[0].column, text.find("needle") + 1);
    }
}
