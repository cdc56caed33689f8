// SPDX-License-Identifier: Apache-2.0
#include "runner/server/project_secrets.hpp"

namespace latchkey::server {

namespace {

std::string sealed_name(policy::project_id project, std::string_view name) {
    return "project " + std::to_string(project.value()) + " " + std::string(name);
}

}  // namespace

result<vault::secret> open_project_secret(store::stores& stores, const vault::vault& vault,
                                          policy::project_id project, std::string_view name) {
    auto found = stores.triggers->secret(project, std::string(name));
    if (!found) return found.error();
    if (!*found) return latchkey::vault::secret();
    // Another project's, put in its place, does not open.
    (*found)->sealed.name = sealed_name(project, name);
    return vault.open_own((*found)->sealed);
}

store::project_secret_record sealed_for_project(const vault::vault& vault, policy::project_id project,
                                                std::string_view name, const vault::secret& value,
                                                policy::user_id actor, policy::time_point now) {
    store::project_secret_record record;
    record.name = name;
    if (!value.empty()) record.sealed = vault.seal_own(sealed_name(project, name), 1, value);
    record.sealed.name = name;
    record.made_by = actor;
    record.made_at = now;
    return record;
}

result<void> set_project_secret(store::stores& stores, const vault::vault& vault, policy::project_id project,
                                std::string_view name, vault::secret value, policy::user_id actor,
                                policy::time_point now) {
    if (value.empty()) {
        auto gone = stores.triggers->remove_secret(project, std::string(name), actor, now);
        if (!gone && gone.error().code == errc::not_found) return {};
        return gone;
    }
    return stores.triggers->put_secret(project, sealed_for_project(vault, project, name, value, actor, now));
}

}  // namespace latchkey::server
