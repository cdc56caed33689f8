// SPDX-License-Identifier: Apache-2.0
#include "runner/run/service_request.hpp"

#include "pipelines/service.hpp"

#include <charconv>
#include <sstream>

namespace latchkey::run {

namespace {

void add_pair(exec::service& to, std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos)
        to.environment.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
}

// Images take a password for their administrator, or for an account that they make, or want to be told that there is
// none.
void add_accounts(exec::service& to, const pipelines::service_type& type, const std::string& user,
                  const std::string& database, std::string password) {
    const bool of_root = !type.root_password_file.empty() && (user.empty() || user == "root");
    if (!user.empty() && !of_root && !type.user.empty()) to.environment.emplace_back(type.user, user);
    if (!database.empty() && !type.database.empty()) to.environment.emplace_back(type.database, database);
    if (password.empty()) {
        add_pair(to, type.without_password);
        return;
    }
    if (!type.with_password.empty()) {
        to.command = {std::string(type.with_password)};
        to.secrets.emplace_back("PASSWORD_FILE", vault::secret(std::move(password)));
        return;
    }
    if (type.password_file.empty()) return;
    // An account of its own has the administrator's password too: there is no other that we could tell.
    if (!type.root_password_file.empty())
        to.secrets.emplace_back(type.root_password_file, vault::secret(std::string(password)));
    if (!of_root) to.secrets.emplace_back(type.password_file, vault::secret(std::move(password)));
}

}  // namespace

result<std::vector<exec::service>> services_for(const pipelines::action& a, const pipelines::variable_lookup& plain,
                                                const pipelines::variable_lookup& any, const std::string& volumes,
                                                std::vector<std::string>& unknown) {
    std::vector<exec::service> all;
    for (const pipelines::service& s : pipelines::services_of(a)) {
        const auto filled = [&](const std::string& text) { return pipelines::interpolate(text, plain, &unknown); };
        exec::service made;
        made.image = filled(s.image);
        made.host = filled(s.host);
        const std::string port = filled(s.port);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), made.port);
        if (!port.empty() && (error != std::errc() || end != port.data() + port.size()))
            return failure(errc::usage, "the service " + made.host + " can't have the port \"" + port + "\"");
        std::istringstream always{std::string(s.type->always)};
        for (std::string pair; always >> pair;) add_pair(made, pair);
        add_accounts(made, *s.type, filled(s.user), filled(s.database),
                     pipelines::interpolate(s.password, any, &unknown));
        for (const auto& [name, value] : s.variables) made.environment.emplace_back(name, filled(value));
        if (!s.command.empty()) made.command = {s.command};  // its shell fills it in
        if (s.persistent && !s.type->data.empty()) {
            made.kept = volumes + "-" + made.host;
            made.data = s.type->data;
        }
        all.push_back(std::move(made));
    }
    return all;
}

}  // namespace latchkey::run
