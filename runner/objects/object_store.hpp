// SPDX-License-Identifier: Apache-2.0
//
// Where finished files of runs are kept under names of their own, apart from the machine that made them: a folder, or
// a bucket of a server that speaks S3. Any thread may call; calls block.
#pragma once

#include "runner/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::objects {

// "logs/42/1/0.log": parts of letters, digits, `.`, `_` and `-`, none of which begins with a dot. Every kind of store
// takes them as they are, and none leads out of a folder.
bool is_object_key(std::string_view);
// The same with a beginning of a last part, or none: "logs/4", "logs/", "".
bool is_key_prefix(std::string_view);

class object_store {
public:
    virtual ~object_store() = default;

    // How it is named where it is noted what lies in it: "s3://logs/ci at s3.acme.test", "file:/mnt/logs". Holds no
    // secret.
    virtual const std::string& place() const = 0;

    // All of a file under this key; what was there before is replaced. When it returns, the bytes are as safe as the
    // place makes them; when it fails, what was there before is there, or all of the new. Returns how many they are.
    virtual result<std::uint64_t> put(const std::string& key, const std::filesystem::path& file) = 0;
    // At most so many bytes from there on; none: it ends before. not_found: there is no such object.
    virtual result<std::string> get(const std::string& key, std::uint64_t from, std::size_t most) = 0;
    // Also where there is none.
    virtual result<void> remove(const std::string& key) = 0;

    struct object {
        std::string key;
        std::uint64_t size = 0;
    };
    // Those whose keys begin so and come after that one, in the order of their bytes.
    virtual result<std::vector<object>> list(const std::string& prefix, const std::string& after,
                                             std::size_t most) = 0;

    // The process is to end: whatever is under way, and all that comes, may fail.
    virtual void cut() {}
};

}  // namespace latchkey::objects
