// SPDX-License-Identifier: Apache-2.0
//
// A native action's fields as the definition has them, with the integrations that it may use. Read once from its
// file; then a value. One thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::native {

struct integration {
    std::string type;
    std::map<std::string, std::string> fields;
};

struct registry {
    std::string server;  // empty: Docker Hub
    std::string username;
    std::string password;
};

class action {
public:
    // invalid: it is not what the driver writes.
    static result<action> read(const std::filesystem::path&);
    ~action();
    action(action&&) noexcept;

    // Empty where it is absent. A list's items are joined by line ends.
    std::string text(std::string_view key) const;
    bool flag(std::string_view key) const;
    int number(std::string_view key, int otherwise) const;
    std::vector<std::string> list(std::string_view key) const;  // a single text is a list of one
    // A list of maps: [{name: …, value: …}]
    std::vector<std::map<std::string, std::string>> maps(std::string_view key) const;

    std::string script() const;  // its commands
    std::string shell() const;   // "sh", "bash"
    std::string working_directory() const;
    // Of that type; nullptr: it names none.
    const integration* of(std::string_view type) const;
    // That it may log in to; nullptr: none.
    const struct registry* registry() const;
    // The variables that it would have as a script.
    const std::vector<std::pair<std::string, std::string>>& variables() const;
    // Of one, also written `$NAME`; empty where there is none.
    std::string variable(std::string_view name) const;
    // A private key to log in with: one that a server gives for that alone, else a variable.
    std::string key(std::string_view name) const;
    std::filesystem::path workspace() const;
    // Where the workspace is a checkout of the pipeline's own: whose, and of which commit. Else empty.
    std::filesystem::path repository() const;
    std::string commit() const;
    std::filesystem::path caches() const;          // of its pipeline's cached_dirs
    std::filesystem::path private_folder() const;  // in memory, its own

private:
    struct impl;
    explicit action(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

// A path of the definition, within the workspace, links followed. invalid: it leaves it.
result<std::filesystem::path> in_workspace(const action&, const std::string& path);

}  // namespace latchkey::native
