// SPDX-License-Identifier: Apache-2.0
//
// What the bodies of forges' webhooks say, each by a reader of its own. They are read only once their signature is
// right (webhook.hpp). Pure; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/triggers/event.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <optional>
#include <string_view>

namespace latchkey::triggers {

struct told {
    std::vector<repository_event> events;
    std::string note;  // where there are none
};

// `event`: as the forge's header names it. usage: it is no JSON, or lacks what such an event has.
result<told> read_github(std::string_view event, std::string_view body);
result<told> read_gitlab(std::string_view event, std::string_view body);
result<told> read_gitea(std::string_view event, std::string_view body);
result<told> read_bitbucket(std::string_view event, std::string_view body);
result<told> read_generic(std::string_view body);

// The fields of one body. The first that is missing or wrong is kept; ask for it at the end.
class payload {
public:
    using path = std::initializer_list<std::string_view>;
    explicit payload(const nlohmann::json& body) : body_(body) {}

    const nlohmann::json* find(path) const;  // nullptr: it is not there, or null
    std::string text(path) const;            // empty: it is not there; one line, cut off where it is too long
    std::optional<std::int64_t> number(path) const;
    bool flag(path) const;

    std::string required(path);
    std::int64_t positive(path);
    std::string commit(path);       // forty or sixty-four figures; empty: all of them are 0
    std::string some_commit(path);  // also its beginning
    policy::ref ref(path);          // a whole name of a branch or a tag; another: of the type none

    result<void> checked() const;
    void refuse(std::string why);

private:
    const nlohmann::json& body_;
    std::optional<failure> wrong_;
};

// By its whole name; of the type none: it is neither a branch nor a tag.
policy::ref ref_named(const std::string& name);

// A push as most forges tell it: what became of a ref. A new one is a push, too.
std::vector<repository_event> events_of_ref(repository_event common);

told nothing(std::string why);

}  // namespace latchkey::triggers
