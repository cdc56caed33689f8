// SPDX-License-Identifier: Apache-2.0
//
// CLEAR_CACHE: removes what this pipeline keeps between its runs: the folders of `cached_dirs`. The workspace is the
// user's own and stays. Images made of `setup_commands` are found by their content and used by other pipelines too.
#include "runner/native/action.hpp"
#include "runner/native/types.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>
#include <system_error>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

result<std::size_t> empty(const fs::path& folder) {
    std::error_code ec;
    std::size_t count = 0;
    if (!fs::is_directory(folder, ec)) return count;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec), ++count)
        if (fs::remove_all(at->path(), ec); ec) break;
    if (ec) return failure(errc::io, "a cache can't be removed: " + ec.message());
    return count;
}

}  // namespace

int clear_cache(const action& a, std::ostream& out) {
    const auto types = a.list("cache_types");
    const auto has = [&types](std::string_view type) { return std::ranges::find(types, type) != types.end(); };
    for (const std::string& type : types)
        if (type != "DOCKER" && type != "FILE_SYSTEM" && type != "SERVICES" && type != "ADDITIONAL") {
            out << "cache_types has " << type << ": DOCKER, FILE_SYSTEM, SERVICES and ADDITIONAL are known\n";
            return 2;
        }
    if (has("FILE_SYSTEM")) out << "FILE_SYSTEM: the pipeline's files are your own folder, and stay\n";
    if (has("DOCKER"))
        out << "DOCKER: images of setup_commands are made anew when they change, and stay (their name is "
               "latchkey-setup)\n";
    if (has("SERVICES")) out << "SERVICES: what persistent services keep is no cache here, and stays\n";
    if (!has("ADDITIONAL") && !types.empty()) return 0;
    const auto count = empty(a.caches());
    if (!count) {
        out << count.error().what << "\n";
        return 1;
    }
    out << *count << (*count == 1 ? " folder" : " folders") << " of cached_dirs removed\n";
    return 0;
}

}  // namespace latchkey::native
