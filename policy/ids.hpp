// SPDX-License-Identifier: Apache-2.0
//
// Strong identifiers. Each is a number that the store made and never uses again, so that nothing
// recreated under an old name inherits a right. Two kinds can't be swapped: that fails to compile.
// Value types, no thread rule.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace latchkey::policy {

template <class Tag>
class id {
public:
    constexpr id() = default;
    constexpr explicit id(std::int64_t value) : value_(value) {}
    constexpr std::int64_t value() const { return value_; }
    // 0 is no object; the store starts at 1.
    constexpr bool valid() const { return value_ > 0; }
    friend constexpr auto operator<=>(id, id) = default;

private:
    std::int64_t value_ = 0;
};

using workspace_id = id<struct workspace_tag>;
using project_id = id<struct project_tag>;
using pipeline_id = id<struct pipeline_tag>;
using integration_id = id<struct integration_tag>;
using user_id = id<struct user_tag>;
using group_id = id<struct group_tag>;
using run_id = id<struct run_tag>;
using grant_id = id<struct grant_tag>;
using permission_set_id = id<struct permission_set_tag>;
using environment_id = id<struct environment_tag>;
using variable_id = id<struct variable_tag>;
using webhook_id = id<struct webhook_tag>;
// Names one decision in the audit log; chosen by the caller of decide(), which is pure.
using decision_id = id<struct decision_tag>;
// Counts changes of the facts. A decision says at which revision it was taken.
using revision = id<struct revision_tag>;

}  // namespace latchkey::policy

template <class Tag>
struct std::hash<latchkey::policy::id<Tag>> {
    std::size_t operator()(latchkey::policy::id<Tag> id) const noexcept {
        // Ids are consecutive: spread them (the finaliser of SplitMix64).
        auto x = static_cast<std::uint64_t>(id.value()) + 0x9e3779b97f4a7c15ULL;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<std::size_t>(x ^ (x >> 31));
    }
};
