// SPDX-License-Identifier: Apache-2.0
//
// DOCKERFILE and DOCKER_PUSH: images built and pushed by the container engine. A build keeps its image under a name
// of this run, by which a later push of the same run, also of its next attempt, finds it.
#include "runner/built_image.hpp"
#include "runner/engine/find_engine.hpp"
#include "runner/engine/images.hpp"
#include "runner/native/action.hpp"
#include "runner/native/build_context.hpp"
#include "runner/native/types.hpp"

#include <algorithm>
#include <ostream>

namespace latchkey::native {

namespace {

using async::task;
using boost::asio::any_io_executor;

// Of one run's build by that name; an empty one: of the run's last build.
std::string kept_name(const action& a, const std::string& build) {
    return built_image_name(a.workspace().string(), a.variable("BUDDY_PIPELINE_ID"), a.variable("BUDDY_RUN_ID"),
                            build);
}

// docker_image_tag holds one tag or several.
std::vector<std::string> full_names(const action& a) {
    std::vector<std::string> names;
    const std::string image = a.text("image");
    if (image.empty()) return names;
    const std::string tags = a.text("docker_image_tag");
    for (std::size_t at = 0; at < tags.size();) {
        const std::size_t begin = std::min(tags.find_first_not_of(", \n", at), tags.size());
        const std::size_t end = std::min(tags.find_first_of(", \n", begin), tags.size());
        if (end > begin) names.push_back(image + ":" + tags.substr(begin, end - begin));
        at = end + 1;
    }
    if (names.empty()) names.push_back(image + ":latest");
    return names;
}

std::optional<engine::registry_login> login_of(const action& a) {
    if (a.registry() == nullptr) return std::nullopt;
    return engine::registry_login{a.registry()->server, a.registry()->username, a.registry()->password};
}

task<result<void>> push_all(engine::client& client, const action& a, std::ostream& out) {
    for (const std::string& name : full_names(a)) {
        out << "pushing " << name << "\n" << std::flush;
        auto pushed = co_await engine::push_image(
            client, name, login_of(a), [&out](const std::string& line) { out << line << "\n"
                                                                             << std::flush; },
            a.flag("insecure_registry"));
        if (!pushed) co_return pushed.error();
    }
    co_return result<void>();
}

result<engine::build_spec> spec_of(const action& a) {
    engine::build_spec spec;
    spec.tags = full_names(a);
    spec.tags.push_back(kept_name(a, a.text("action")));
    spec.tags.push_back(kept_name(a, ""));
    spec.target = a.text("target");
    spec.platform = a.text("target_platform");
    spec.labels["latchkey.built"] = a.variable("BUDDY_RUN_ID");
    for (const std::string& pair : a.list("build_args")) {
        const std::size_t equals = pair.find('=');
        if (pair.empty()) continue;
        // As docker build does: a name alone takes the variable's value.
        spec.arguments[pair.substr(0, equals)] =
            equals == std::string::npos ? a.variable(pair) : pair.substr(equals + 1);
    }
    for (const auto& pair : a.maps("build_args"))
        if (pair.contains("key")) spec.arguments[pair.at("key")] = pair.contains("value") ? pair.at("value") : "";
    if (!a.list("secrets").empty() && !a.text("secrets").empty())
        return failure(errc::invalid, "`secrets` of a build need BuildKit, which this version can't use");
    return spec;
}

int finish(const result<void>& done, std::ostream& out) {
    if (!done) out << done.error().what << "\n";
    return done ? 0 : 1;
}

}  // namespace

int dockerfile(const action& a, std::ostream& out) {
    const auto file = in_workspace(a, a.text("dockerfile_path"));
    const std::string written = a.text("context_path");
    const auto folder = in_workspace(a, written);
    auto spec = spec_of(a);
    if (!file || !folder || !spec) {
        out << (!file ? file.error() : !folder ? folder.error() : spec.error()).what << "\n";
        return 2;
    }
    // Without context_path it is the Dockerfile's own folder.
    auto context = build_context::open(written.empty() ? file->parent_path() : *folder, *file);
    if (!context) {
        out << context.error().what << "\n";
        return 1;
    }
    spec->dockerfile = context->dockerfile();
    return finish(engine::run_now<void>([&](any_io_executor executor) -> task<result<void>> {
                      auto found = co_await engine::find_engine(executor);
                      if (!found) co_return found.error();
                      engine::client client(executor, found->first);
                      auto built = co_await engine::build_image(
                          client, *spec, [&context] { return context->next(); }, login_of(a),
                          [&out](std::string_view text) { out << text << std::flush; });
                      if (!built) co_return built.error();
                      co_return co_await push_all(client, a, out);
                  }),
                  out);
}

int docker_push(const action& a, std::ostream& out) {
    if (a.text("image").empty()) {
        out << "`repository` is missing: where is the image to be pushed?\n";
        return 2;
    }
    const std::string build = a.text("docker_build_action_name");
    return finish(engine::run_now<void>([&](any_io_executor executor) -> task<result<void>> {
                      auto found = co_await engine::find_engine(executor);
                      if (!found) co_return found.error();
                      engine::client client(executor, found->first);
                      const std::string kept = kept_name(a, build);
                      auto there = co_await engine::inspect_image(client, kept);
                      if (!there) co_return there.error();
                      if (!*there)
                          co_return failure(errc::engine, build.empty() ? "no action of this run has built an image"
                                                                        : "the action \"" + build +
                                                                              "\" of this run has built no image");
                      for (const std::string& name : full_names(a))
                          if (auto tagged = co_await engine::tag_image(client, kept, name); !tagged)
                              co_return tagged.error();
                      co_return co_await push_all(client, a, out);
                  }),
                  out);
}

}  // namespace latchkey::native
