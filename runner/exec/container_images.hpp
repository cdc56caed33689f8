// SPDX-License-Identifier: Apache-2.0
//
// The image that an action's container is made of: pulled where the engine does not have it, then with the action's
// setup commands executed in it, once: what they make is kept as an image whose name is a hash of the image, the
// commands and the variables that they name, so the next action that asks for the same gets it at once. Secrets are
// not given to setup commands: an image outlives its action. One loop; several actions may ask at once.
#pragma once

#include "runner/async/notification.hpp"
#include "runner/engine/images.hpp"
#include "runner/exec/backend.hpp"

#include <map>
#include <set>

namespace latchkey::exec {

class container_images {
public:
    // `labels` are carried by the containers that setup commands run in.
    container_images(engine::client&, std::map<std::string, std::string> labels);

    // engine: it can't be pulled, or a setup command failed.
    async::task<result<engine::image_facts>> prepare(const request&);

private:
    async::task<result<engine::image_facts>> pulled(const request&);
    async::task<result<void>> set_up(const request&, const engine::image_facts&, const std::string& name);

    engine::client& client_;
    std::map<std::string, std::string> labels_;
    std::set<std::string> busy_;  // images that are being pulled or made now
    async::notification changed_;
};

}  // namespace latchkey::exec
