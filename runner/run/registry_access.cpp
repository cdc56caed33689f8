// SPDX-License-Identifier: Apache-2.0
#include "runner/run/registry_access.hpp"

#include <utility>

namespace latchkey::run {

namespace {

// Whose credential a registry is shown. Never another's: an image's name must not carry a credential to a host that
// it was not made for.
bool is_for(std::string_view type, std::string_view server) {
    if (type == "DOCKER_HUB") return server.empty();
    if (type.starts_with("GIT_HUB")) return server == "ghcr.io";
    if (type == "GIT_LAB") return server == "registry.gitlab.com";
    if (type == "GOOGLE_SERVICE_ACCOUNT")
        return server == "gcr.io" || server.ends_with(".gcr.io") || server.ends_with("-docker.pkg.dev");
    return false;
}

vault::secret copy_of(const vault::secret& s) {
    return vault::secret(std::string(s.reveal()));
}

std::optional<exec::registry_login> login_by(const opened_integration& i, const std::string& server) {
    if (!is_for(i.type, server)) return std::nullopt;
    exec::registry_login login;
    login.server = server;
    for (const auto& [name, value] : i.settings)
        if (name == "username") login.username = value;
    // The registries take any name with a token, and this one with a key file.
    if (login.username.empty()) login.username = i.type == "GOOGLE_SERVICE_ACCOUNT" ? "_json_key" : "token";
    for (const char* key : {"password", "token", "api_key"})
        for (const vault::opened_field& f : i.fields)
            if (f.name == key) {
                login.password = copy_of(f.value);
                return login;
            }
    return std::nullopt;
}

// `$NAME` of a secret variable, as it is; anything else is plain text with variables in it.
vault::secret secret_text(const std::string& written, const pipelines::variable_lookup& plain,
                          const std::map<std::string, vault::secret>& supplied) {
    std::string name = written;
    if (name.starts_with("${") && name.ends_with("}"))
        name = name.substr(2, name.size() - 3);
    else if (name.starts_with("$"))
        name = name.substr(1);
    if (name != written)
        if (const auto at = supplied.find(name); at != supplied.end()) return copy_of(at->second);
    return vault::secret(pipelines::interpolate(written, plain));
}

}  // namespace

std::string server_in(const std::string& image) {
    const std::size_t slash = image.find('/');
    if (slash == std::string::npos) return {};
    const std::string first = image.substr(0, slash);
    const bool host = first.find_first_of(".:") != std::string::npos || first == "localhost";
    return host && first != "docker.io" ? first : "";
}

std::string in_registry_of(const pipelines::action& a, std::string image, const pipelines::variable_lookup& plain,
                           std::vector<std::string>* unknown) {
    const auto* registry = pipelines::field_of(a, "registry");
    if (image.empty() || registry == nullptr || registry->text.empty() || !server_in(image).empty()) return image;
    std::string server = pipelines::interpolate(registry->text, plain, unknown);
    for (const char* scheme : {"https://", "http://"})
        if (server.starts_with(scheme)) server.erase(0, std::string_view(scheme).size());
    while (server.ends_with('/')) server.pop_back();
    return server.empty() || server == "docker.io" ? image : server + "/" + image;
}

std::optional<exec::registry_login> login_for(const pipelines::action& a, const std::string& image,
                                              const action_secrets& secrets,
                                              const std::map<std::string, vault::secret>& supplied,
                                              const pipelines::variable_lookup& plain) {
    if (image.empty()) return std::nullopt;
    const std::string server = server_in(image);
    if (const auto* password = pipelines::field_of(a, "password"); password != nullptr) {
        exec::registry_login login;
        login.server = server;
        if (const auto* name = pipelines::field_of(a, "login"); name != nullptr)
            login.username = pipelines::interpolate(name->text, plain);
        login.password = secret_text(password->text, plain, supplied);
        return login;
    }
    return login_by_integration(image, secrets);
}

std::optional<exec::registry_login> login_by_integration(const std::string& image, const action_secrets& secrets) {
    for (const opened_integration& i : secrets.integrations)
        if (auto login = login_by(i, server_in(image))) return login;
    return std::nullopt;
}

}  // namespace latchkey::run
