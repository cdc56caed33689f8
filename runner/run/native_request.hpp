// SPDX-License-Identifier: Apache-2.0
//
// An action that Latchkey performs itself (runner/native), as a request: the program is latchkey-native, and the
// action's fields, variables filled in, are a private file of it. Secrets in fields are filled in too: they are in
// that file and nowhere else. Pure, no thread rule.
#pragma once

#include "runner/run/access.hpp"
#include "runner/run/action_request.hpp"
#include "runner/run/container_request.hpp"

#include <map>

namespace latchkey::run {

// Whether the action is of such a type.
bool is_native(const pipelines::action&);

// The file's content, for `r`, which is the action's request as any has it.
vault::secret native_file(const pipelines::plan&, std::uint32_t action, const exec::request& r, const action_secrets&,
                          const std::map<std::string, vault::secret>& supplied,
                          const std::map<std::string, vault::secret>& keys, const container_places&);

// Makes `r` the start of `program`; the file outlives it.
void make_native(exec::request& r, const pipelines::action&, const std::string& program, const vault::secret& file);

}  // namespace latchkey::run
