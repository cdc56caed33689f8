// SPDX-License-Identifier: Apache-2.0
#include "runner/run/test_reports.hpp"

#include "pipelines/path_pattern.hpp"
#include "runner/junit/junit.hpp"
#include "runner/source/files.hpp"

#include <algorithm>

namespace latchkey::run {

namespace {

constexpr std::size_t most_problems = 5;

// The folders that a pattern begins with, up to the first name that stands for many.
std::string start_of(const std::string& pattern) {
    const std::size_t star = pattern.find_first_of("*?");
    if (star == std::string::npos) return pattern;
    const std::size_t slash = pattern.rfind('/', star);
    return slash == std::string::npos ? std::string() : pattern.substr(0, slash);
}

}  // namespace

std::string test_reports_of(const pipelines::action& a, const pipelines::variable_lookup& value_of) {
    const auto* suite = pipelines::field_of(a, "unit_tests_suite");
    const auto* path = pipelines::field_of(a, "unit_tests_path");
    if (path == nullptr || (suite != nullptr && suite->text == "NONE")) return {};
    std::string pattern = pipelines::interpolate(path->text, value_of);
    while (pattern.starts_with('/') || pattern.starts_with("./")) pattern.erase(0, pattern.front() == '/' ? 1 : 2);
    return pattern;
}

tests_found read_tests(const std::filesystem::path& workspace, const std::string& pattern, std::time_t since) {
    const auto read = source::read_below(workspace, start_of(pattern), since, [&](std::string_view path) {
        return pipelines::matches_path(pattern, path) && (path.ends_with(".xml") || path == pattern);
    });
    tests_found found;
    junit::report all;
    std::size_t good = 0;
    for (const auto& [path, bytes] : read.files) {
        auto report = junit::read(bytes);
        if (report) {
            all.add(*report);
            ++good;
        } else if (found.problems.size() < most_problems) {
            found.problems.push_back("the report of tests " + path + " " + report.error().what);
        }
    }
    if (!read.whole) found.problems.emplace_back("there are more reports of tests than are read");
    if (read.files.empty()) found.problems.push_back("no report of tests was written to \"" + pattern + "\"");
    if (good == 0) return found;
    found.failed = all.failed;
    found.text = all.summary();
    for (const std::string& failure : all.failures) found.text += "\n" + failure;
    const std::size_t named = all.failures.size();
    if (static_cast<std::size_t>(all.failed) > named)
        found.text += "\nand " + std::to_string(static_cast<std::size_t>(all.failed) - named) + " more";
    return found;
}

}  // namespace latchkey::run
