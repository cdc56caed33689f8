// SPDX-License-Identifier: Apache-2.0
//
// Which credential a registry of images is shown: the one that the action itself writes, or that of an integration
// made for this registry, never another's. Pure; no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "pipelines/variables.hpp"
#include "runner/exec/backend.hpp"
#include "runner/run/access.hpp"

#include <map>
#include <optional>
#include <string>

namespace latchkey::run {

// The registry's host where the image's name begins with one; empty: Docker Hub.
std::string server_in(const std::string& image);

// The image in the registry that the action's `registry` names, where its own name begins with none. Names without a
// value are added to `unknown`.
std::string in_registry_of(const pipelines::action&, std::string image, const pipelines::variable_lookup& plain,
                           std::vector<std::string>* unknown = nullptr);

// By an integration that was made for the image's registry.
std::optional<exec::registry_login> login_by_integration(const std::string& image, const action_secrets&);

// None: the registry is asked without a login.
std::optional<exec::registry_login> login_for(const pipelines::action&, const std::string& image,
                                              const action_secrets&,
                                              const std::map<std::string, vault::secret>& supplied,
                                              const pipelines::variable_lookup& plain);

}  // namespace latchkey::run
