// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/find_program.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

bool can_be_executed(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string find_program(const std::string& name) {
    if (name.empty()) return {};
    if (name.find('/') != std::string::npos) return can_be_executed(name) ? name : std::string();
    const char* path = std::getenv("PATH");
    std::string_view folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!folders.empty()) {
        const std::size_t colon = folders.find(':');
        // An empty entry means the current folder to a shell; no program of ours is taken from there.
        if (colon != 0)
            if (std::string candidate = std::string(folders.substr(0, colon)) + "/" + name;
                can_be_executed(candidate))
                return candidate;
        folders = colon == std::string_view::npos ? std::string_view() : folders.substr(colon + 1);
    }
    return {};
}

}  // namespace latchkey::exec
