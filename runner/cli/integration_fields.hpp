// SPDX-License-Identifier: Apache-2.0
//
// The fields of a credential as a command line gives them: plain settings from the line itself, secrets from files,
// standard input or a prompt. For integrations here and on a server. One thread; may block on a person.
#pragma once

#include "pipelines/catalogue.hpp"
#include "policy/model.hpp"
#include "runner/cli/context.hpp"
#include "runner/vault/secret.hpp"

#include <string>
#include <vector>

namespace latchkey::cli {

struct given_field {
    std::string name;
    bool secret = true;
    std::string setting;  // not secret
    vault::secret value;
};

// deny, delete-only, use or manage, in the API's spelling too.
result<policy::level> level_named(const std::string& name);

// usage: there is none, with the nearest name.
result<const pipelines::integration_type*> integration_type_named(const std::string& name);

// NAME=@FILE, NAME=-, NAME=VALUE of what is no secret, or the name alone, which is asked for.
result<std::vector<given_field>> read_fields(context&, const pipelines::integration_type&,
                                             const std::vector<std::string>& pairs);

// Asks for what is required and not given; where nobody can be asked, says what is missing.
result<void> complete_fields(context&, const pipelines::integration_type&, std::vector<given_field>&);

// A short secret can't be masked in output without eating ordinary text.
void warn_of_short_secrets(context&, const std::vector<given_field>&);

}  // namespace latchkey::cli
