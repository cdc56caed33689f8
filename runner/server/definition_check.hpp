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

// Whether pipelines of the call's project read that file of its repository: as their definition, a template of it or
// a custom action; and that, as far as it can be read, it names only such integrations, too, besides those that
// `before` named.
result<bool> is_read_by_pipelines(const call&, const std::string& path);
result<void> check_file(const call&, const std::string& path, const std::string& text, const std::string& before);

// Whether it names an integration that the caller may not know of: then nobody shows it to them. A name that is
// nothing counts as such a one, and so does whatever a text that can't be read to its end may say, for everybody who
// can't see all integrations of the workspace: else whoever writes a guess and reads it would learn that it is right.
result<bool> names_hidden(const call&, policy::project_id project, const std::string& definition);
// Of one that lies in another project, `source`: its names may be of either.
result<bool> names_hidden(const call&, policy::project_id project, policy::project_id source,
                          const std::string& definition);

}  // namespace latchkey::server
