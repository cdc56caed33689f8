// SPDX-License-Identifier: Apache-2.0
//
// Which pipelines an event starts, by the `events` that they name: in a file, or in what the API has set. Pure; any
// thread.
#pragma once

#include "pipelines/model.hpp"
#include "runner/error.hpp"
#include "runner/triggers/event.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::triggers {

// What starts one pipeline. `refs`: the pipeline's own, which an event about refs that names none is about.
struct start_rules {
    std::vector<pipelines::event> events;
    std::vector<std::string> refs;
};

start_rules rules_of(const pipelines::pipeline&);
// From the API's settings, as JSON: the lists `events` and `refs`. An event of an unknown type, or with a field of
// the wrong kind, starts nothing. usage: it is no JSON.
result<start_rules> rules_of_settings(std::string_view events, std::string_view refs);

// PUSH, CREATE_REF, DELETE_REF: `refs`, any of them; none at all: every branch and tag. A push whose refs name
// refs/pull/… is also of pull requests that are opened, reopened, or get new commits: the older syntaxes have no
// other word. PULL_REQUEST: `branches` that it goes to (none: any), `events` among what happened to it (none: opened,
// reopened, synchronize), and `refs`, where they are given.
bool starts(const pipelines::event&, const start_rules&, const repository_event&, std::string_view default_branch);

struct candidate {
    std::int64_t pipeline = 0;
    start_rules rules;
};

struct start {
    std::int64_t pipeline = 0;
    std::size_t event = 0;  // which of those that were given
    friend bool operator==(const start&, const start&) = default;
};

// Each pipeline at most once for a ref, however many of its events fit: as a push, where it is one.
std::vector<start> starts_of(std::span<const candidate>, std::span<const repository_event>,
                             std::string_view default_branch);

}  // namespace latchkey::triggers
