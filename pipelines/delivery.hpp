// SPDX-License-Identifier: Apache-2.0
//
// What an action that uses an integration finds in its environment: the variables and files of the integration's
// type and, for each field, <IDENTIFIER>_<FIELD>. Names and templates only; the values are filled in by whoever
// may open them, with expand(), and are secrets from then on.
// Pure functions, no thread rule.
#pragma once

#include "pipelines/catalogue.hpp"

#include <functional>

namespace latchkey::pipelines {

struct delivery {
    std::vector<delivered_variable> variables;  // no name twice; the type's own come first
    std::vector<delivered_file> files;
};

using field_given = std::function<bool(std::string_view field)>;
// nullopt: the field was not given.
using field_lookup = std::function<std::optional<std::string_view>(std::string_view field)>;

// What a template names that was not given is left out. A type without a convention of its own fills
// INTEGRATION_<FIELD>. In an identifier what can't stand in a name becomes `_`.
delivery deliver(const integration_type&, std::string_view identifier, const field_given&);

// A template is text with `${field}`, `${json(field)}`: a quoted string of JSON, and `${base64(field:field)}`: the
// fields joined by colons, in base64. The fields it names, in order; nullopt if it is not a template or over 4 KiB.
std::optional<std::vector<std::string>> template_fields(std::string_view text);

// nullopt if it is not a template, a field was not given, or the result is over 1 MiB.
std::optional<std::string> expand(std::string_view text, const field_lookup&);

}  // namespace latchkey::pipelines
