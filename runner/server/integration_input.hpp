// SPDX-License-Identifier: Apache-2.0
//
// What a client says of an integration (rest-api §6): scope, levels, pipelines and credentials. Secrets go from the
// body into secrets at once. One call, one thread.
#pragma once

#include "pipelines/catalogue.hpp"
#include "runner/server/call.hpp"
#include "runner/server/levels.hpp"
#include "runner/vault/secret.hpp"

#include <map>

namespace latchkey::server {

// The one that the address names by its hash id. not_found: there is none, or the caller may not know of it.
result<store::integration_record> integration_at(const call&);

// What a change of it is made to.
std::string etag_of(const store::integration_record&);
// Which pipelines may use it, by whom and under which conditions; those that have ended are left out. In
// api_permissions.cpp.
result<json> view_of_grants(const call&, const store::integration_record&);

// WORKSPACE, or PROJECT with `project_name`. usage: one of those that were removed in 2024, with the two that exist.
result<void> read_scope(const call&, input&, policy::integration&);
// all_pipelines_allowed and permissions, as far as they are said. `admins: DENIED` is Delete-only, so that a
// credential can always be removed.
void read_rights(input&, policy::integration&);
store::store::pipeline_list read_allowed_pipelines(input&);

struct credentials {
    std::map<std::string, vault::secret> secrets;  // by field
};
// The fields of its type: secrets, and settings, which go into the record.
credentials read_credentials(input&, const pipelines::integration_type&, store::integration_record&);
// usage: a field lacks that the type asks for.
result<void> check_complete(const pipelines::integration_type&, const std::string& auth_type, const credentials&,
                            const store::facts& settings);

}  // namespace latchkey::server
