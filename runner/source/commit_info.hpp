// SPDX-License-Identifier: Apache-2.0
//
// What a commit says of itself, and which commit a ref is at. Value types, no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::source {

struct commit_info {
    std::string id;
    std::vector<std::string> parents;
    std::string author_name, author_email;
    std::string committer_name, committer_email;
    std::int64_t authored_at = 0;  // seconds since 1970
    std::int64_t committed_at = 0;
    std::string message;
};

struct git_ref {
    std::string name;  // "refs/heads/main"
    std::string commit;
};

}  // namespace latchkey::source
