// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_folders.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace latchkey::server {

namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> number_from(std::string_view name, std::string_view ending) {
    if (!name.ends_with(ending)) return std::nullopt;
    name.remove_suffix(ending.size());
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    // "007" is the name of none.
    if (error != std::errc() || rest != name.data() + name.size() || std::to_string(number) != name || number < 0)
        return std::nullopt;
    return number;
}

}  // namespace

std::vector<std::int64_t> numbers_in(const fs::path& folder, std::string_view ending) {
    std::vector<std::int64_t> found;
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
        if (const auto number = number_from(at->path().filename().string(), ending)) found.push_back(*number);
    std::ranges::sort(found);
    return found;
}

result<std::vector<policy::run_id>> runs_with_folders(const fs::path& folder) {
    std::vector<policy::run_id> found;
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
        if (const auto id = number_from(at->path().filename().string(), {}); id && *id > 0) found.emplace_back(*id);
    if (ec && ec != std::errc::no_such_file_or_directory)
        return failure(errc::io, "can't read the folder " + folder.string() + ": " + ec.message());
    std::ranges::sort(found, std::ranges::greater());
    return found;
}

}  // namespace latchkey::server
