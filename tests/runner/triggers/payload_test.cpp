// SPDX-License-Identifier: Apache-2.0
//
// What each forge's webhooks say, in one form: every payload of the fuzz targets' corpora, whose first line is the
// event's name, against one golden text.
#include "runner/triggers/payload.hpp"

#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace latchkey;
using triggers::repository_event;

namespace {

namespace fs = std::filesystem;

std::string text_of(const repository_event& e) {
    std::string out = "  " + std::string(name_of(e.kind)) + " " + e.ref.name;
    const auto add = [&out](const char* name, const std::string& value) {
        if (!value.empty()) out += std::string(" ") + name + "=" + value;
    };
    add("action", e.action);
    add("fetched-as", e.fetched_as == e.ref.name ? "" : e.fetched_as);
    add("before", e.before.substr(0, 12));
    add("after", e.after.substr(0, 12));
    add("base", e.base_branch);
    add("head", e.head_branch);
    add("title", e.title);
    add("repository", e.repository);
    add("sender", e.sender);
    if (trust_of(e) == policy::source_trust::fork) out += " FORK";
    return out + "\n";
}

template <class Reader>
std::string all_of(const std::string& forge, Reader read) {
    const fs::path folder = fs::path(LATCHKEY_SOURCE_DIR) / "tests/fuzz/corpus" / ("webhook_" + forge);
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
    std::string out;
    for (const fs::path& file : files) {
        const std::string bytes = test::read_file(file);
        const std::size_t line = bytes.find('\n');
        const auto told = read(bytes.substr(0, line), bytes.substr(line + 1));
        out += forge + "/" + file.filename().string() + " (" + bytes.substr(0, line) + ")\n";
        if (!told)
            out += "  ! " + told.error().what + "\n";
        else if (told->events.empty())
            out += "  - " + told->note + "\n";
        else
            for (const repository_event& e : told->events) out += text_of(e);
    }
    return out;
}

}  // namespace

TEST_SUITE("triggers.payload") {
    TEST_CASE("what each forge says, in one form: golden") {
        const std::string all = all_of("github", triggers::read_github) + all_of("gitlab", triggers::read_gitlab) +
                                all_of("gitea", triggers::read_gitea) +
                                all_of("bitbucket", triggers::read_bitbucket) +
                                all_of("signed", [](auto, auto body) { return triggers::read_generic(body); });
        CHECK_GOLDEN("runner/triggers/golden/payloads.txt", all);
    }

    TEST_CASE("only what says that it comes from the same repository is trusted") {
        repository_event e;
        e.kind = triggers::event_kind::pull_request;
        CHECK(trust_of(e) == policy::source_trust::fork);
        e.fork = false;
        CHECK(trust_of(e) == policy::source_trust::trusted);
        e = {};
        CHECK(trust_of(e) == policy::source_trust::trusted);  // a push: who may push has the repository
    }
}
