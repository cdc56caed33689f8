// SPDX-License-Identifier: Apache-2.0
//
// What git prints of changes, read: each kind of record, and records that are cut off.
#include "runner/source/changes.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using source::change;
using namespace std::string_view_literals;

TEST_SUITE("source.changes") {
    TEST_CASE("of two commits: added, changed and deleted paths with any bytes in them") {
        std::map<std::string, change> all;
        source::read_name_status("A\0docs/b c.md\0M\0x\ny\0T\0link\0D\0old\0A\0"sv, all);
        CHECK_EQ(all.size(), 4);
        CHECK(all["docs/b c.md"] == change::added);
        CHECK(all["x\ny"] == change::changed);
        CHECK(all["link"] == change::changed);
        CHECK(all["old"] == change::deleted);
    }

    TEST_CASE("of a work tree: by what the index and the tree say, and files that are new to git") {
        const auto all = source::read_status(
            "1 .M N... 100644 100644 100644 aaaa bbbb docs/a b.md\0"
            "1 A. N... 000000 100644 100644 aaaa bbbb staged\0"
            "1 AD N... 000000 100644 000000 aaaa bbbb staged and gone\0"
            "1 D. N... 100644 000000 000000 aaaa bbbb removed\0"
            "2 R. N... 100644 100644 100644 aaaa bbbb R100 new name\0old name\0"
            "u UU N... 100644 100644 100644 100644 a b c in conflict\0"
            "? new to \"git\"\0! ignored\0# branch.oid 1\0"sv);
        CHECK_EQ(all.size(), 7);
        CHECK(all.at("docs/a b.md") == change::changed);
        CHECK(all.at("staged") == change::added);
        CHECK(all.at("staged and gone") == change::deleted);
        CHECK(all.at("removed") == change::deleted);
        CHECK(all.at("new name") == change::changed);
        CHECK(all.at("in conflict") == change::changed);
        CHECK(all.at("new to \"git\"") == change::added);
    }

    TEST_CASE("records that are cut off name nothing") {
        CHECK(source::read_status("1 .M N...\0?\0? \0002 R. N\0u\0"sv).empty());
    }
}
