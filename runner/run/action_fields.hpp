// SPDX-License-Identifier: Apache-2.0
//
// What a script finds of its action's fields, as its type's catalogue entry says: variables and private files. That
// is the only way for a value to a script of the catalogue: nothing is pasted into its text. Pure, no thread rule.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/run/access.hpp"

#include <string>
#include <vector>

namespace latchkey::run {

struct action_fields {
    action_secrets secrets;              // to be added to what its integrations deliver
    std::vector<vault::secret> to_mask;  // values of secret fields
    std::vector<std::string> names;      // of the variables: they are this action's alone
};

// For `r`, which is the action's request without them: its variables are filled in. What a secret variable has
// a part in is a secret. usage: a value that can't be handed over: a map, a NUL character, Buddy's ciphertext.
result<action_fields> fields_of(const pipelines::action&, const exec::request& r);

}  // namespace latchkey::run
