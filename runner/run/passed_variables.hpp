// SPDX-License-Identifier: Apache-2.0
//
// Variables that actions pass on: what an action's shell had exported at its end, where it differs from what the
// action was given, is seen by the actions after it. Not what belongs to the machine or to the action alone (PATH,
// HOME, BUDDY_* but for BUDDY_SPLIT_*, what its integrations deliver). A variable that the definition holds encrypted
// stays a secret. Owner: the driver of one attempt. One thread.
#pragma once

#include "pipelines/plan.hpp"
#include "runner/exec/backend.hpp"

#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::run {

class passed_variables {
public:
    void set(const std::string& name, std::string value) { plain_[name] = std::move(value); }
    void set_secret(const std::string& name, vault::secret value);

    const std::map<std::string, std::string, std::less<>>& plain() const { return plain_; }
    // Good for as long as this object lives, also after the variable has another value.
    const std::map<std::string, const vault::secret*, std::less<>>& secrets() const { return secrets_; }
    std::optional<std::string> value_of(std::string_view name) const;
    bool empty() const { return plain_.empty() && secrets_.empty(); }

private:
    std::map<std::string, std::string, std::less<>> plain_;
    std::map<std::string, const vault::secret*, std::less<>> secrets_;
    std::list<vault::secret> kept_;
};

// What an action was given, as far as it may pass it on: made before its request is handed to a backend.
class passing {
public:
    passing() = default;
    // `own`: variables besides that stay with the action.
    passing(const exec::request&, const pipelines::plan&, std::uint32_t action, std::vector<std::string> own = {});

    struct changed {
        std::string name;
        std::string value;
        bool secret = false;
    };
    // The variables that a script exported, where they are new or have another value.
    std::vector<changed> from(const std::string& exported) const;

private:
    std::vector<std::size_t> given_;    // hashes of name and value: most actions change nothing, and copies cost
    std::vector<std::string> own_;      // delivered to this action: stay with it
    std::vector<std::string> secrets_;  // encrypted variables
};

}  // namespace latchkey::run
