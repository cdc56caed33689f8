// SPDX-License-Identifier: Apache-2.0
//
// The container image that an action asks for, as an engine understands it. Pure, no thread rule.
#pragma once

#include "pipelines/model.hpp"
#include "pipelines/variables.hpp"

namespace latchkey::pipelines {

// `image:tag` with variables filled in; the type's own image where the action names none, in the version that it asks
// for; empty where there is neither. Names without a value are added to `unknown`: don't start the action then.
std::string resolve_image(const action&, const variable_lookup&, std::vector<std::string>* unknown = nullptr);

}  // namespace latchkey::pipelines
