// SPDX-License-Identifier: Apache-2.0
//
// The single conditions that a decision is made of, each a total function. Private to policy: decide() and
// explain() ask the same functions, so they can't disagree. No thread rule.
#pragma once

#include "policy/decision.hpp"

namespace latchkey::policy {

// (a) WORKSPACE covers every project, PROJECT only its own; any other value covers nothing.
bool scope_covers(scope, project_id of_integration, project_id of_pipeline);

// (b) The conditions of one grant.
bool holds_time(const grant&, const use_request&);
bool holds_ref(const grant&, const use_request&);
bool holds_run(const grant&, const use_request&);

// (c) Trusted code, or a fork's that a holder of Manage approved.
bool source_trusted(const snapshot&, const use_request&);

// Whether the ref's full name matches the pattern, in which * stands for any run of characters. A ref whose name
// does not belong to its type matches nothing: a branch called like a tag is no tag.
bool ref_matches(std::string_view pattern, const ref&);

}  // namespace latchkey::policy
