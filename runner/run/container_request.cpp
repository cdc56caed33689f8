// SPDX-License-Identifier: Apache-2.0
#include "runner/run/container_request.hpp"

#include "pipelines/image.hpp"

#include <algorithm>
#include <system_error>

namespace latchkey::run {

namespace {

namespace fs = std::filesystem;

// A field is text; a secret in one would be seen in the container's settings, so only plain variables have a value.
pipelines::variable_lookup plain_variables(const pipelines::plan& plan, std::uint32_t action,
                                           const passed_variables& passed) {
    return [&plan, &passed, action](std::string_view name) -> std::optional<std::string> {
        for (const auto* environment : {&plan.actions[action].environment, &plan.environment}) {
            if (environment == &plan.environment)
                if (auto value = passed.value_of(name)) return value;
            for (auto e = environment->rbegin(); e != environment->rend(); ++e)
                if (e->name == name) return e->secret ? std::nullopt : std::optional(e->value);
        }
        return std::nullopt;
    };
}

const pipelines::yaml::node* field(const pipelines::action& a, std::string_view key) {
    for (const pipelines::yaml::entry& e : a.fields)
        if (e.key == key) return &e.value;
    return nullptr;
}

std::vector<std::string> texts(const pipelines::yaml::node* n) {
    std::vector<std::string> all;
    if (n == nullptr) return all;
    if (!n->text.empty()) all.push_back(n->text);
    for (const pipelines::yaml::node& item : n->items) all.push_back(item.text);
    return all;
}

bool is_true(const pipelines::yaml::node* n) {
    return n != nullptr && n->text == "true";
}

bool within(const fs::path& path, const fs::path& folder) {
    const auto ends = std::ranges::mismatch(folder, path);
    return ends.in1 == folder.end();
}

// `/build` of the pipeline's filesystem is `build` of the workspace.
result<fs::path> in_workspace(const std::string& named, const fs::path& workspace) {
    std::error_code ec;
    const fs::path root = fs::weakly_canonical(workspace, ec);
    const fs::path path = fs::weakly_canonical(root / fs::path(named).relative_path(), ec);
    if (ec || !within(path, root))
        return failure(errc::usage, "\"" + named + "\" is not in the workspace: it can't be mounted");
    return path;
}

class reader {
public:
    reader(const pipelines::plan& plan, std::uint32_t action, const passed_variables& passed,
           const container_places& places)
        : definition_(*plan.actions[action].definition),
          lookup_(plain_variables(plan, action, passed)),
          places_(places) {}

    std::string filled(const std::string& text) { return pipelines::interpolate(text, lookup_, &unknown_); }
    std::string text(std::string_view key) {
        const auto* n = field(definition_, key);
        return n == nullptr ? std::string() : filled(n->text);
    }
    const std::vector<std::string>& unknown() const { return unknown_; }

    result<void> add_mounts(exec::container& c) {
        const std::string directory = filled(definition_.working_directory.value);
        const std::string usual = "/buddy/" + places_.workspace.filename().string();
        if (!is_true(field(definition_, "mount_filesystem_disable"))) {
            for (const std::string& mapping : texts(field(definition_, "volume_mappings"))) {
                const std::string whole = filled(mapping);
                const std::size_t colon = whole.find(':');
                if (colon == std::string::npos || whole.size() == colon + 1 || whole[colon + 1] != '/')
                    return failure(errc::usage, "volume_mappings has \"" + whole +
                                                    "\": write FOLDER:/absolute/path, as in \"/:" + usual + "\"");
                auto source = in_workspace(whole.substr(0, colon), places_.workspace);
                if (!source) return source.error();
                std::error_code ignored;
                fs::create_directories(*source, ignored);  // the start says what is wrong with it
                c.mounts.push_back({*source, whole.substr(colon + 1), false});
            }
            if (c.mounts.empty()) {
                std::string target = text("mount_filesystem_path");
                if (target.empty()) target = directory.starts_with('/') ? directory : usual;
                c.mounts.push_back({places_.workspace, target, false});
            }
        }
        c.working_directory = directory;
        if (directory.empty() && !c.mounts.empty()) c.working_directory = c.mounts.front().target;
        if (!directory.empty() && !directory.starts_with('/'))
            c.working_directory = (c.mounts.empty() ? "" : c.mounts.front().target) + "/" + directory;
        return {};
    }

    result<void> add_caches(exec::container& c) {
        for (const std::string& named : texts(field(definition_, "cached_dirs"))) {
            const fs::path target = fs::path(filled(named)).lexically_normal();
            // A relative one lies in the workspace, which is kept anyway.
            if (!target.is_absolute() || target == "/") continue;
            std::string name = target.string().substr(1);
            std::ranges::replace(name, '/', '%');
            const fs::path folder = places_.caches / name;
            std::error_code ec;
            fs::create_directories(folder, ec);
            if (ec) return failure(errc::engine, "can't make the folder of the cache for " + target.string());
            c.mounts.push_back({folder, target.string(), false});
        }
        return {};
    }

    const pipelines::action& definition() const { return definition_; }

private:
    const pipelines::action& definition_;
    pipelines::variable_lookup lookup_;
    const container_places& places_;
    std::vector<std::string> unknown_;
};

// The registry's host where the image's name begins with one; empty: Docker Hub.
std::string server_in(const std::string& image) {
    const std::size_t slash = image.find('/');
    if (slash == std::string::npos) return {};
    const std::string first = image.substr(0, slash);
    const bool host = first.find_first_of(".:") != std::string::npos || first == "localhost";
    return host && first != "docker.io" ? first : "";
}

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

std::string image_of(const pipelines::plan& plan, std::uint32_t action, const passed_variables& passed,
                     std::vector<std::string>* unknown) {
    const pipelines::action& a = *plan.actions[action].definition;
    const auto plain = plain_variables(plan, action, passed);
    std::string image = pipelines::resolve_image(a, plain, unknown);
    const auto* registry = field(a, "registry");
    if (image.empty() || registry == nullptr || registry->text.empty() || !server_in(image).empty()) return image;
    std::string server = pipelines::interpolate(registry->text, plain, unknown);
    for (const char* scheme : {"https://", "http://"})
        if (server.starts_with(scheme)) server.erase(0, std::string_view(scheme).size());
    while (server.ends_with('/')) server.pop_back();
    return server.empty() || server == "docker.io" ? image : server + "/" + image;
}

result<std::optional<exec::container>> container_for(const pipelines::plan& plan, std::uint32_t action,
                                                     const action_secrets& secrets,
                                                     const std::map<std::string, vault::secret>& supplied,
                                                     const passed_variables& passed, const container_places& places) {
    std::vector<std::string> unknown;
    exec::container c;
    c.image = image_of(plan, action, passed, &unknown);
    if (c.image.empty() && unknown.empty()) return std::optional<exec::container>();
    reader r(plan, action, passed, places);
    c.user = r.text("run_as_user");
    for (const pipelines::text& command : r.definition().setup_commands) c.setup_commands.push_back(command.value);
    if (auto mounted = r.add_mounts(c); !mounted) return mounted.error();
    if (auto cached = r.add_caches(c); !cached) return cached.error();
    if (const auto* password = field(r.definition(), "password"); password != nullptr && !c.image.empty()) {
        c.login.emplace();
        c.login->server = server_in(c.image);
        c.login->username = r.text("login");
        c.login->password = secret_text(password->text, plain_variables(plan, action, passed), supplied);
    }
    for (const opened_integration& i : secrets.integrations)
        if (!c.login) c.login = login_by(i, server_in(c.image));
    unknown.insert(unknown.end(), r.unknown().begin(), r.unknown().end());
    if (!unknown.empty())
        return failure(errc::usage,
                       "the variable " + unknown.front() +
                           " has no value that may stand in an image's name or a path: give it with --var");
    return std::optional(std::move(c));
}

}  // namespace latchkey::run
