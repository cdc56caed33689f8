// SPDX-License-Identifier: Apache-2.0
//
// SPLIT_TESTS: test files in groups, for actions that run beside each other: the variables BUDDY_SPLIT_1 to
// BUDDY_SPLIT_N hold their paths with blanks between them. source_path is a pattern, a folder, or a file that lists
// paths, one a line.
#include "runner/native/path_glob.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

using group = std::vector<std::string>;

constexpr std::size_t longest_variable = 64UL * 1024;
constexpr int most_groups = 1000;

result<group> listed_in(const fs::path& file) {
    std::ifstream in(file);
    group all;
    for (std::string line; std::getline(in, line);) {
        while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
        if (!line.empty()) all.push_back(std::move(line));
    }
    if (in.bad()) return failure(errc::io, "can't read " + file.filename().string());
    return all;
}

// Paths from the workspace's root.
result<group> files_to_split(const action& a) {
    std::string pattern = a.text("source_path");
    while (pattern.starts_with('/')) pattern.erase(0, 1);
    const auto whole = in_workspace(a, "");
    if (!whole) return whole.error();
    group all;
    if (pattern.find_first_of("*?[{") != std::string::npos) {
        const auto files = files_below(a, *whole);
        if (!files) return files.error();
        for (const std::string& name : files->names)
            if (path_matches(pattern, name)) all.push_back(name);
        return all;
    }
    const auto named = in_workspace(a, pattern);
    if (!named) return named.error();
    std::error_code ec;
    if (fs::is_regular_file(*named, ec)) return listed_in(*named);
    const auto files = files_below(a, *named);
    if (!files) return files.error();
    const std::string folder = named->lexically_relative(*whole).string();
    for (const std::string& name : files->names) all.push_back(folder == "." ? name : folder + "/" + name);
    return all;
}

std::vector<group> by_number(const group& files, std::size_t groups) {
    std::vector<group> all(groups);
    for (std::size_t i = 0; i < files.size(); ++i) all[i * groups / files.size()].push_back(files[i]);
    return all;
}

// The largest first, each to the group that has least.
std::vector<group> by_size(const action& a, const group& files, std::size_t groups) {
    std::vector<std::pair<std::uintmax_t, std::string>> sized;
    for (const std::string& file : files) {
        std::error_code ec;
        const std::uintmax_t size = fs::file_size(a.workspace() / file, ec);
        sized.emplace_back(ec ? 0 : size, file);
    }
    std::ranges::sort(sized, [](const auto& one, const auto& other) {
        return one.first != other.first ? one.first > other.first : one.second < other.second;
    });
    std::vector<group> all(groups);
    std::vector<std::uintmax_t> weight(groups);
    for (auto& [size, file] : sized) {
        const auto lightest = static_cast<std::size_t>(std::ranges::min_element(weight) - weight.begin());
        weight[lightest] += size + 1;  // so that empty files spread too
        all[lightest].push_back(file);
    }
    for (group& one : all) std::ranges::sort(one);
    return all;
}

result<std::vector<group>> split(const action& a) {
    const int groups = a.number("groups_count", 0);
    if (groups < 2 || groups > most_groups)
        return failure(errc::invalid, "groups_count is a number from 2 to " + std::to_string(most_groups));
    const std::string order = a.text("files_order");
    if (!order.empty() && order != "ALPHABETICALLY" && order != "BY_FILE_SIZE")
        return failure(errc::invalid, "files_order is ALPHABETICALLY or BY_FILE_SIZE");
    auto files = files_to_split(a);
    if (!files) return files.error();
    if (files->empty()) return failure(errc::io, "source_path names no files: " + a.text("source_path"));
    for (const std::string& file : *files)
        if (std::ranges::any_of(file, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
            return failure(errc::io,
                           "\"" + file + "\" holds a blank, which parts the paths in a variable: rename it");
    std::ranges::sort(*files);
    const auto count = static_cast<std::size_t>(groups);
    return order == "BY_FILE_SIZE" ? by_size(a, *files, count) : by_number(*files, count);
}

}  // namespace

int split_tests(const action& a, std::ostream& out) {
    const auto groups = split(a);
    if (!groups) {
        out << groups.error().what << "\n";
        return groups.error().code == errc::invalid ? 2 : 1;
    }
    // Not there where no action comes after this one.
    const char* exported = std::getenv("LATCHKEY_EXPORTED");
    std::ofstream to;
    if (exported != nullptr) to.open(exported, std::ios::app);
    for (std::size_t i = 0; i < groups->size(); ++i) {
        const group& one = (*groups)[i];
        std::string paths;
        for (const std::string& file : one) paths += (paths.empty() ? "" : " ") + file;
        if (paths.size() > longest_variable) {
            out << "group " << i + 1 << " has too many files for a variable: use more groups\n";
            return 1;
        }
        const std::string name = "BUDDY_SPLIT_" + std::to_string(i + 1);
        to << name << "=" << paths << "\n";
        out << name << ": " << one.size() << (one.size() == 1 ? " file\n" : " files\n");
    }
    to.close();
    if (exported == nullptr || to) return 0;
    out << "the variables can't be passed on\n";
    return 1;
}

}  // namespace latchkey::native
