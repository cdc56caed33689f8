// SPDX-License-Identifier: Apache-2.0
//
// What a client says of a variable besides whose it is (rest-api §9), and what it is told instead of a value that is
// encrypted. One call, one thread.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

// Reads everything but place, key and type, which stand in the record already; checks those, too. Returns the value,
// where one was given that is not the placeholder; whether it is to be encrypted stands in the record then.
result<std::optional<std::string>> read_variable(input&, store::variable_record&, bool is_new);
// Sets the value of a changed record by what is known of it: seals it where it is encrypted now, keeps it where none
// was given. refused: it would have to be shown in the clear again.
result<void> put_value(const call&, const store::variable_record& known, store::variable_record& changed,
                       std::optional<std::string> value);
vault::sealed_field sealed_value(const call&, policy::variable_id, std::int64_t version, std::string value);

// "secure!12.3": says which value it stands for and nothing of it.
std::string placeholder_of(const store::variable_record&);
void show_variable_settings(const store::facts&, json& to);

}  // namespace latchkey::server
