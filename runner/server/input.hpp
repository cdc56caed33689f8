// SPDX-License-Identifier: Apache-2.0
//
// What a client sent as JSON, read with bounds and without guessing: depth and repeated keys are refused, a field of
// the wrong kind is a sentence that names it, null is as if it were not there. One call, one thread.
#pragma once

#include "runner/json/parse.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

using json = nlohmann::json;

using latchkey::parse_json;

// The fields of one object. The first that is wrong is kept; ask for it at the end.
class input {
public:
    explicit input(const json& object);

    bool has(std::string_view name) const;  // and is not null
    std::optional<std::string> text(std::string_view name);
    std::optional<bool> flag(std::string_view name);
    std::optional<std::int64_t> number(std::string_view name);
    std::optional<std::vector<std::string>> texts(std::string_view name);
    std::optional<std::vector<std::int64_t>> numbers(std::string_view name);
    // A list of objects.
    std::optional<std::vector<json>> objects(std::string_view name);
    std::optional<json> object(std::string_view name);
    // Must be there and not be empty.
    std::string required(std::string_view name);

    void refuse(std::string why);
    result<void> checked() const;

private:
    const json* find(std::string_view name) const;
    void wrong(std::string_view name, std::string_view wanted);
    const json& object_;
    std::optional<failure> wrong_;
};

}  // namespace latchkey::server
