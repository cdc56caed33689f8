// SPDX-License-Identifier: Apache-2.0
//
// Images of an engine: look up, pull, push, build, commit. Progress comes as calm lines for a log: one for each thing
// that happens, none for each percent. One loop, the client's.
#pragma once

#include "runner/engine/client.hpp"

#include <functional>
#include <map>
#include <optional>

namespace latchkey::engine {

// Told lines for the action's log, without their end.
using progress = std::function<void(const std::string& line)>;

// A login for a registry. Owner: the caller; the views outlive the call.
struct registry_login {
    std::string server;  // empty: Docker Hub
    std::string username;
    std::string_view password;
};

struct image_facts {
    std::string id;    // sha256:…
    std::string user;  // that its containers run as; empty: root
};

// "library/node:22" → {"library/node", "22"}; a digest counts as a tag; without either: "latest".
struct image_name {
    std::string name;
    std::string tag;
};
image_name split_image(const std::string& image);

// None: the engine does not have it.
async::task<result<std::optional<image_facts>>> inspect_image(client&, const std::string& image);
async::task<result<void>> pull_image(client&, const std::string& image, const std::optional<registry_login>&,
                                     const progress&);
// `insecure`: Podman may speak plain HTTP to the registry. Docker does so where its own configuration says so, and on
// 127.0.0.0/8.
async::task<result<void>> push_image(client&, const std::string& image, const std::optional<registry_login>&,
                                     const progress&, bool insecure = false);
async::task<result<void>> tag_image(client&, const std::string& image, const std::string& as);
async::task<result<void>> remove_image(client&, const std::string& image);
// Makes an image of a stopped container's files; its settings are the container's.
async::task<result<std::string>> commit_container(client&, const std::string& id, const std::string& as);

struct build_spec {
    std::string dockerfile;  // within the context
    std::vector<std::string> tags;
    std::map<std::string, std::string> arguments;
    std::string target;
    std::string platform;  // "linux/arm64"; empty: the engine's own
    std::map<std::string, std::string> labels;
};
// Gives the next bytes of the context's tar archive; empty: its end.
using archive_source = std::function<result<std::string_view>()>;
// Builds an image; what the build prints goes to `output`. Its id. engine: the build failed, with its last words.
async::task<result<std::string>> build_image(client&, const build_spec&, const archive_source&,
                                             const std::optional<registry_login>&,
                                             const std::function<void(std::string_view)>& output);

}  // namespace latchkey::engine
