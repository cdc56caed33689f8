// SPDX-License-Identifier: Apache-2.0
//
// Which values of an action name an integration, and in which form: an identifier, a hash, a number. Everything
// that could be a reference is one: a reference that is overlooked would be used without a permission.
// Pure functions, no thread rule.
#pragma once

#include "pipelines/model.hpp"

namespace latchkey::pipelines {

// integration, integration_hash, integration_id, helm_integration, helm_repository_integration
bool is_integration_key(std::string_view key);

// The form of a value under one of these keys: the key says it, or the value's look does (24 hexadecimal or 26
// base62 characters are a hash, digits a number).
reference_form form_of(std::string_view key, std::string_view value);

// `integration: DOCKER_HUB` in an action of the Docker family says where the registry is, not whose key to use.
bool is_registry_kind(std::string_view action_type, std::string_view value);

}  // namespace latchkey::pipelines
