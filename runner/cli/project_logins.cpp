// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/project_clones.hpp"
#include "runner/server/default_keys.hpp"
#include "runner/server/project_secrets.hpp"
#include "runner/source/address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::cli {

namespace {

std::string login_setting(const store::team_project_record& p, std::string_view name) {
    const auto at = std::ranges::find(p.settings, name, &std::pair<std::string, std::string>::first);
    return at == p.settings.end() ? std::string() : at->second;
}

// What a project logs in with over SSH that has no key of its own: the one it names, else the workspace's.
result<std::optional<store::variable_record>> shared_key_for(store::stores& stores, const vault::vault& vault,
                                                             const store::team_project_record& project,
                                                             const run::wall_clock& clock) {
    const auto address = source::read_address(login_setting(project, "custom_repo_url"));
    if (!address || address->by != source::transport::ssh) return std::optional<store::variable_record>();
    const auto own = stores.triggers->secret(project.id, std::string(server::repository_key));
    if (!own) return own.error();
    if (*own) return std::optional<store::variable_record>();
    std::int64_t number = 0;
    const std::string named = login_setting(project, "custom_repo_ssh_key_id");
    std::from_chars(named.data(), named.data() + named.size(), number);
    auto key = number == 0
                   ? server::default_key(stores, vault,
                                         {store::variable_level::workspace, project.workspace, {}, {}, {}}, clock())
                   : stores.values->get(project.workspace, policy::variable_id(number));
    if (!key && number != 0 && key.error().code == errc::not_found)
        return failure(errc::denied, "the SSH key that custom_repo_ssh_key_id of project " + project.handle +
                                         " names is not there any more: name another");
    if (!key) return key.error();
    return std::optional(std::move(*key));
}

}  // namespace

std::function<result<source::git_login>(const store::team_project_record&)> logins_from(store::stores& stores,
                                                                                        const vault::vault& vault,
                                                                                        run::wall_clock clock) {
    return [&stores, &vault,
            clock = std::move(clock)](const store::team_project_record& project) -> result<source::git_login> {
        // Before the moment begins: one that is made now is not in it.
        const auto shared = shared_key_for(stores, vault, project, clock);
        if (!shared) return shared.error();
        // Address and login of one moment: what was set for another server since is not for this one.
        const auto moment = stores.one_moment ? stores.one_moment() : nullptr;
        const auto now = stores.people->project_numbered(project.id);
        if (!now) return now.error();
        if (login_setting(*now, "custom_repo_url") != login_setting(project, "custom_repo_url"))
            return failure(errc::conflict,
                           "the repository of project " + project.handle + " was changed meanwhile: try again");
        source::git_login login;
        login.user = login_setting(project, "custom_repo_user");
        login.host_keys = login_setting(project, "custom_repo_host_keys");
        auto password = server::open_project_secret(stores, vault, project.id, server::repository_password);
        if (!password) return password.error();
        auto key = server::open_project_secret(stores, vault, project.id, server::repository_key);
        if (!key) return key.error();
        if (key->empty() && *shared) key = server::open_key(vault, **shared);
        if (!key) return key.error();
        login.password = std::move(*password);
        login.key = std::move(*key);
        return login;
    };
}

}  // namespace latchkey::cli
