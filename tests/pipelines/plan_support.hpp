// SPDX-License-Identifier: Apache-2.0
//
// A pipeline written in a test, parsed and compiled in one step, and what the tests of a plan look up in it.
// Owned by the test case that makes it; single-threaded.
#pragma once

#include "pipelines/parse.hpp"
#include "pipelines/plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace latchkey::pipelines::test {

// A pipeline of these lines below `- pipeline: deploy`, compiled.
struct compiled {
    explicit compiled(const std::string& body, run_context with = {})
        : file("buddy.yml", "- pipeline: deploy\n" + body), read(parse(file)), context(std::move(with)) {
        REQUIRE_MESSAGE(!has_errors(read.problems), render(file, read.problems));
        made = compile(read.model.pipelines.front(), context, problems);
    }

    std::vector<std::uint32_t> stages() const {
        std::vector<std::uint32_t> out;
        for (const planned_action& each : made.actions) out.push_back(each.stage);
        return out;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const planned_action& each : made.actions) out.push_back(each.name);
        return out;
    }
    std::vector<std::string> codes() const {
        std::vector<std::string> out;
        for (const diagnostic& each : problems) out.push_back(each.code);
        return out;
    }
    std::vector<std::string> used() const {
        std::vector<std::string> out;
        for (const integration_use& each : made.uses) out.push_back(each.reference.value);
        return out;
    }

    source file;
    parsed read;
    run_context context;
    diagnostics problems;
    plan made;
};

inline std::string step(const std::string& name, const std::string& more = {}) {
    return "  - action: " + name + "\n    type: BUILD\n    execute_commands: [\"true\"]\n" + more;
}

inline const environment_entry* find_entry(const std::vector<environment_entry>& entries, std::string_view name) {
    const auto found = std::ranges::find(entries, name, &environment_entry::name);
    return found == entries.end() ? nullptr : &*found;
}

inline run_context with_parameter(const std::string& key, const std::string& value) {
    run_context out;
    out.parameters[key] = value;
    return out;
}

inline run_context with_secret(const std::string& key) {
    run_context out;
    out.supplied_secrets = {key};
    return out;
}

using strings = std::vector<std::string>;
using numbers = std::vector<std::uint32_t>;

}  // namespace latchkey::pipelines::test
