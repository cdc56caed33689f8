// SPDX-License-Identifier: Apache-2.0
//
// The secrets of an answer on their way from who answers to who executes the run, which may be another process:
// sealed as one value of that answer. Any thread.
#pragma once

#include "runner/run/flow.hpp"
#include "runner/vault/vault.hpp"

namespace latchkey::run {

// Nothing where there are none. usage: too many or too long.
result<std::optional<vault::sealed_field>> seal_answer(const vault::vault&, const vault::value_owner&,
                                                       const std::map<std::string, vault::secret>&);
// corrupt: it does not open, or holds something else.
result<std::map<std::string, vault::secret>> open_answer(const vault::vault&, const vault::value_owner&,
                                                         const vault::sealed_field&);

}  // namespace latchkey::run
