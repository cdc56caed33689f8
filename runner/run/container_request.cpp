// SPDX-License-Identifier: Apache-2.0
#include "runner/run/container_request.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/image.hpp"
#include "runner/built_image.hpp"
#include "runner/run/action_request.hpp"
#include "runner/run/image_stand_ins.hpp"
#include "runner/run/registry_access.hpp"
#include "runner/run/service_request.hpp"
#include "runner/run/variable_values.hpp"

#include <algorithm>
#include <system_error>

namespace latchkey::run {

namespace {

namespace fs = std::filesystem;

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

// What volumes of this pipeline begin with: engines are shared by users and stores, pipelines' numbers are not.
std::string volumes_of(const fs::path& caches) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : caches.string()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return "latchkey-" + std::to_string(hash);
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
        const auto* n = pipelines::field_of(definition_, key);
        return n == nullptr ? std::string() : filled(n->text);
    }
    result<void> add_mounts(exec::container& c) {
        const std::string directory = filled(definition_.working_directory.value);
        const std::string usual = "/buddy/" + places_.workspace.filename().string();
        if (!is_true(pipelines::field_of(definition_, "mount_filesystem_disable"))) {
            for (const std::string& mapping : texts(pipelines::field_of(definition_, "volume_mappings"))) {
                const std::string whole = filled(mapping);
                const std::size_t colon = whole.find(':');
                if (colon == std::string::npos || whole.size() == colon + 1 || whole[colon + 1] != '/')
                    return failure(errc::usage, "volume_mappings has \"" + whole +
                                                    "\": write FOLDER:/absolute/path, as in \"/:" + usual + "\"");
                auto source = in_workspace(whole.substr(0, colon), places_.workspace);
                if (!source) return source.error();
                std::error_code ignored;
                if (places_.here) fs::create_directories(*source, ignored);  // the start says what is wrong with it
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

    result<void> add_caches(std::vector<exec::mount>& to) {
        for (const std::string& named : texts(pipelines::field_of(definition_, "cached_dirs"))) {
            const fs::path target = fs::path(filled(named)).lexically_normal();
            // A relative one lies in the workspace, which is kept anyway.
            if (!target.is_absolute() || target == "/") continue;
            std::string name = target.string().substr(1);
            std::ranges::replace(name, '/', '%');
            const fs::path folder = places_.caches / name;
            std::error_code ec;
            if (places_.here) fs::create_directories(folder, ec);
            if (ec) return failure(errc::engine, "can't make the folder of the cache for " + target.string());
            to.push_back({folder, target.string(), false});
        }
        return {};
    }

    result<void> all_known() const {
        if (unknown_.empty()) return {};
        return failure(errc::usage,
                       "the variable " + unknown_.front() +
                           " has no value that may stand in an image's name or a path: give it with --var");
    }

    std::vector<std::string>& unknown() { return unknown_; }
    const pipelines::action& definition() const { return definition_; }

private:
    const pipelines::action& definition_;
    pipelines::variable_lookup lookup_;
    const container_places& places_;
    std::vector<std::string> unknown_;
};

// The image that an action of this run has built, not one of a registry.
bool in_built_image(const pipelines::action& a) {
    const pipelines::yaml::node* location = pipelines::field_of(a, "image_location");
    return is_true(pipelines::field_of(a, "use_image_from_action")) ||
           (location != nullptr && location->text == "ACTION");
}

}  // namespace

std::string image_of(const pipelines::plan& plan, std::uint32_t action, const passed_variables& passed,
                     std::vector<std::string>* unknown, const fs::path& workspace) {
    const pipelines::action& a = *plan.actions[action].definition;
    const auto plain = plain_variables(plan, action, passed);
    if (in_built_image(a)) {
        const pipelines::yaml::node* build = pipelines::field_of(a, "docker_build_action_name");
        return built_image_name(workspace.string(), plain("BUDDY_PIPELINE_ID").value_or(""),
                                plain("BUDDY_RUN_ID").value_or(""),
                                build == nullptr ? "" : pipelines::interpolate(build->text, plain, unknown));
    }
    std::string image = pipelines::resolve_image(a, plain, unknown);
    return in_registry_of(a, std::move(image), plain, unknown);
}

result<std::vector<exec::mount>> caches_for(const pipelines::plan& plan, std::uint32_t action,
                                            const passed_variables& passed, const container_places& places) {
    std::vector<exec::mount> all;
    if (pipelines::field_of(*plan.actions[action].definition, "cached_dirs") == nullptr) return all;
    reader r(plan, action, passed, places);
    if (auto cached = r.add_caches(all); !cached) return cached.error();
    if (auto known = r.all_known(); !known) return known.error();
    return all;
}

result<std::optional<exec::container>> container_for(const pipelines::plan& plan, std::uint32_t action,
                                                     const action_secrets& secrets,
                                                     const std::map<std::string, vault::secret>& supplied,
                                                     const passed_variables& passed, const container_places& places) {
    reader r(plan, action, passed, places);
    exec::container c;
    const std::string named = image_of(plan, action, passed, &r.unknown(), places.workspace);
    c.built_here = in_built_image(r.definition());
    if (const std::string entrypoint = r.text("entrypoint"); !entrypoint.empty() && shell_at(entrypoint) == nullptr)
        return failure(errc::usage,
                       "entrypoint is \"" + entrypoint + "\": commands can be given to the shells sh and bash only");
    if (named.empty() && r.unknown().empty()) return std::optional<exec::container>();
    c.image = c.built_here ? named : stand_in_for(places.images, named);
    c.user = r.text("run_as_user");
    if (r.definition().image.empty() && r.definition().kind != nullptr)
        c.setup_commands = r.definition().kind->setup_commands;
    for (const pipelines::text& command : r.definition().setup_commands) c.setup_commands.push_back(command.value);
    if (auto mounted = r.add_mounts(c); !mounted) return mounted.error();
    if (auto cached = r.add_caches(c.mounts); !cached) return cached.error();
    const auto plain = plain_variables(plan, action, passed);
    const pipelines::variable_lookup any = [&](std::string_view name) -> std::optional<std::string> {
        if (const auto s = supplied.find(std::string(name)); s != supplied.end())
            return std::string(s->second.reveal());
        for (const auto& [own, value] : passed.secrets())
            if (own == name) return std::string(value->reveal());
        return plain(name);
    };
    auto services = services_for(r.definition(), plain, any, volumes_of(places.caches), r.unknown());
    if (!services) return services.error();
    c.services = std::move(*services);
    for (exec::service& s : c.services) s.image = stand_in_for(places.images, s.image);
    // The login that an action writes is for the registry that it names, and shown to no other.
    c.login = server_in(c.image) == server_in(named) ? login_for(r.definition(), c.image, secrets, supplied, plain)
                                                     : login_by_integration(c.image, secrets);
    if (auto known = r.all_known(); !known) return known.error();
    return std::optional(std::move(c));
}

}  // namespace latchkey::run
