// SPDX-License-Identifier: Apache-2.0
#include "pipelines/yaml.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

namespace {

yaml::node tree_of(const source& file) {
    diagnostics problems;
    std::optional<yaml::node> root = yaml::read(file, problems);
    CAPTURE(render(file, problems));
    REQUIRE(root.has_value());
    CHECK_FALSE(has_errors(problems));
    return std::move(*root);
}

std::string_view slice(const source& file, span where) {
    return file.text().substr(where.begin, where.end - where.begin);
}

std::string code_of(const std::string& text, const yaml::limits& bounds = {}) {
    diagnostics problems;
    const bool read = yaml::read(source("f.yml", text), problems, bounds).has_value();
    CHECK(read != has_errors(problems));
    return problems.empty() ? std::string() : problems.front().code;
}

}  // namespace

TEST_SUITE("pipelines.yaml") {
    TEST_CASE("scalars stay what was typed: numbers, booleans, dates, words") {
        const source file("f", "a: 1.10\non: on\nb: 010\nc: 12:30\nd: 2024-12-02T19:45:40Z\ne: yes\n");
        const yaml::node root = tree_of(file);
        CHECK(root.find("a")->text == "1.10");
        CHECK(root.find("on")->text == "on");
        CHECK(root.find("b")->text == "010");
        CHECK(root.find("c")->text == "12:30");
        CHECK(root.find("d")->text == "2024-12-02T19:45:40Z");
        CHECK(root.find("e")->text == "yes");
        CHECK(root.find("f") == nullptr);
    }
    TEST_CASE("places cover the value: plain, quoted, with escapes, blocks, flow") {
        const source file(
            "f",
            "- plain text # note\n- \"a \\\" b\"\n- 'it''s'\n- |\n  one\n  two\n- [a, {b: c}, ]\n- folded\n  over\n");
        const yaml::node root = tree_of(file);
        REQUIRE(root.items.size() == 6);
        CHECK(slice(file, root.items[0].where) == "plain text");
        CHECK(slice(file, root.items[1].where) == "\"a \\\" b\"");
        CHECK(slice(file, root.items[2].where) == "'it''s'");
        CHECK(slice(file, root.items[3].where) == "|");
        CHECK(root.items[3].text == "one\ntwo\n");
        CHECK(slice(file, root.items[4].where) == "[a, {b: c}, ]");
        CHECK(slice(file, root.items[4].items[1].where) == "{b: c}");
        CHECK(slice(file, root.items[5].where) == "folded\n  over");
        CHECK_FALSE(root.items[0].quoted);
        CHECK(root.items[1].quoted);
        CHECK(root.items[3].quoted);
    }
    TEST_CASE("an empty value has the place of its key or dash, not of what comes next") {
        const source file("f", "a:\nnull: x\nb: ~\nc:\n- |\n  - no\n-\n- y\n");
        const yaml::node root = tree_of(file);
        REQUIRE(root.entries.size() == 4);
        CHECK(root.entries[0].value.kind == yaml::kind::null);
        CHECK(slice(file, root.entries[0].value.where) == "a");
        CHECK(slice(file, root.entries[2].value.where) == "~");
        const yaml::node& list = root.entries[3].value;
        CHECK(list.items[1].kind == yaml::kind::null);
        CHECK(file.at(list.items[1].where.begin) == position{7, 1});
    }
    TEST_CASE("places are right: CRLF, a byte order mark, text beyond ASCII") {
        const source file("f",
                          "\xEF\xBB\xBF"
                          "é: ü\r\nkey: v\r\n");
        const yaml::node root = tree_of(file);
        CHECK(file.at(root.entries[0].value.where.begin) == position{1, 4});
        CHECK(file.at(root.entries[1].key_where.begin) == position{2, 1});
        CHECK(slice(file, root.entries[1].value.where) == "v");
        CHECK(root.entries[1].value.text == "v");
    }
    TEST_CASE("tags are kept only where an author wrote one") {
        const source file("f", "a: !encrypted abc\nb: \"x\"\nc: y\nd: !encrypted \"q\"\ne: &k v\n");
        const yaml::node root = tree_of(file);
        CHECK(root.find("a")->tag == "!encrypted");
        CHECK(slice(file, root.find("a")->where) == "abc");
        CHECK(root.find("b")->tag.empty());
        CHECK(root.find("c")->tag.empty());
        CHECK(slice(file, root.find("d")->where) == "\"q\"");
        CHECK(slice(file, root.find("e")->where) == "v");
    }
    TEST_CASE("aliases are copies, merges add what is missing, own keys and earlier sources win") {
        const source file("f", "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\nw: *x\n");
        const yaml::node root = tree_of(file);
        const yaml::node* merged = root.find("z");
        REQUIRE(merged->entries.size() == 3);
        CHECK(merged->find("a")->text == "0");
        CHECK(merged->find("b")->text == "1");
        CHECK(merged->find("c")->text == "2");
        CHECK(root.find("w")->find("b")->text == "1");
    }
    TEST_CASE("the first value stands: a duplicate key, in a small and in a large map") {
        diagnostics problems;
        std::string large = "a: first\n";
        for (int i = 0; i < 40; ++i) large += "k" + std::to_string(i) + ": x\n";
        const source file("f", large + "a: second\n");
        const auto root = yaml::read(file, problems);
        REQUIRE(root.has_value());
        CHECK(root->find("a")->text == "first");
        CHECK(root->entries.size() == 41);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].code == "P017");
        CHECK(problems[0].message.find("1:1") != std::string::npos);
        CHECK(code_of("a: 1\na: 2\n") == "P017");
    }
    TEST_CASE("a quoted << is a key like any other") {
        CHECK(code_of("\"<<\": text\n").empty());
        CHECK(code_of("<<: text\n") == "P016");
    }
    TEST_CASE("time is linear: empty blocks, one line as long as the file") {
        std::string blocks = "- k: v\n";
        for (int i = 0; i < 20'000; ++i) blocks += "  a" + std::to_string(i) + ": |\n";
        CHECK(code_of(blocks).empty());
        const source file("f", "[" + std::string(2'000'000, ' ') + "é, *none" + std::string(2'000'000, ' ') + "]");
        diagnostics problems;
        CHECK_FALSE(yaml::read(file, problems).has_value());
        CHECK(render(file, problems).size() < 1'000);
    }
    TEST_CASE("bounds hold: bytes, nodes, depth, aliases that expand in number, size or depth") {
        CHECK(code_of("abc", {.bytes = 2}) == "P001");
        CHECK(code_of(std::string((16U << 20U) + 1, ' ')) == "P001");
        CHECK(code_of("[a, b, c]", {.nodes = 3}) == "P014");
        CHECK(code_of("[a, b, c]", {.nodes = 4}).empty());
        CHECK(code_of("[[[a]]]", {.depth = 2}) == "P013");
        CHECK(code_of("[[[a]]]", {.depth = 3}).empty());
        CHECK(code_of(std::string(100'000, '[')) == "P013");
        std::string sized = "- &a " + std::string(1000, 'x') + "\n";
        for (int i = 0; i < 100; ++i) sized += "- *a\n";
        CHECK(code_of(sized, {.nodes = 1000}) == "P014");
        std::string deep = "- &a0 [x]\n";
        for (int i = 1; i < 100; ++i) deep += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
        CHECK(code_of(deep) == "P013");
    }
    TEST_CASE("one document: what follows it is named for what it is") {
        CHECK(code_of("- a\n---\n- b\n") == "P009");
        CHECK(code_of("- a\nb: c\n") == "P010");
        CHECK(code_of("---\n- a\n---\n").empty());
        CHECK(code_of("- a\n...\n").empty());
        CHECK(code_of("---\n---\n- a\n") == "P009");
        CHECK(code_of("") == "P005");
        CHECK(code_of("# note\n") == "P005");
    }
    TEST_CASE(
        "what the parser neither reads nor refuses ends the reading: brackets and commas that belong to nothing") {
        for (const char* text : {"]", "}", ",", "[]]", "{}}", "- a\n]", "a: b\n}", "---\n]", "- a\n: b"}) {
            CAPTURE(text);
            CHECK(code_of(text).starts_with("P0"));
        }
    }
    TEST_CASE("a file of 10 MB is read, its places too") {
        const std::string item = "- key: value\n  other: \"" + std::string(400, 'x') + "\"\n";
        std::string text;
        while (text.size() < 10'000'000) text += item;
        text += "- last: here\n";
        const source file("f", std::move(text));
        const yaml::node root = tree_of(file);
        CHECK(slice(file, root.items.back().where) == "last: here");
    }
}
