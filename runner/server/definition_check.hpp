// SPDX-License-Identifier: Apache-2.0
//
// What a definition has to be before the API keeps it: readable, and naming only integrations that whoever saves it
// may use (design §2: "who saves a definition needs Use on every integration that it newly references"). Blocks.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

// `definition` defines one pipeline called `name`. invalid: it can't be read, with every diagnostic; denied: one of
// the integrations that `before` did not name.
result<void> check_definition(const call&, policy::project_id, const std::string& name, const std::string& definition,
                              const std::string& before);

// Whether a text that nobody can read as a definition, or that is another kind of file, holds the name, identifier,
// hash_id or number of an integration of the workspace that the caller may not know of.
result<bool> mentions_hidden(const call&, const std::string& text);

// Whether it names an integration that the caller may not know of: then nobody shows it to them. Where it can't be
// read to its end, whatever it mentions counts.
result<bool> names_hidden(const call&, policy::project_id project, const std::string& definition);
// Of one that lies in another project, `source`: there a name that is nothing in either project counts as hidden, for
// it may be somebody's that this reader can't be told from nobody's.
result<bool> names_hidden(const call&, policy::project_id project, policy::project_id source,
                          const std::string& definition);

}  // namespace latchkey::server
