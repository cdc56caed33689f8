// SPDX-License-Identifier: Apache-2.0
//
// The services of one action: containers on a network of their own, which the action's container joins, reachable by
// their host names. Started together; ready when the image's health check says so, else once something listens on the
// port. Passwords reach them as files in memory, so no engine tells them. Their last output is told where something
// failed. One loop, the client's; owned by the action's execution.
#pragma once

#include "runner/async/task_group.hpp"
#include "runner/engine/containers.hpp"
#include "runner/exec/backend.hpp"
#include "runner/exec/container_images.hpp"
#include "runner/exec/memory_folder.hpp"

#include <map>
#include <memory>
#include <string>

namespace latchkey::exec {

class container_services {
public:
    // engine: one can't be started or is not ready in time, with its host's name; nothing is left then. Also when it
    // is cancelled meanwhile.
    static async::task<result<std::unique_ptr<container_services>>> start(
        engine::client&, container_images&, async::task_group& errands, const request&,
        const std::map<std::string, std::string>& labels);

    // Removes what stop() has not; waits for the engine.
    ~container_services();
    container_services(const container_services&) = delete;
    container_services& operator=(const container_services&) = delete;

    const std::string& network() const { return network_; }

    // Removes them all. `failed`: their last lines go to the action's log before.
    async::task<> stop(bool failed);

private:
    struct one;
    container_services(engine::client&, async::task_group&, const request&);
    async::task<result<void>> start_all(container_images&, const request&,
                                        const std::map<std::string, std::string>& labels);
    async::task<result<void>> start_one(container_images&, const request&, const service&,
                                        const std::map<std::string, std::string>& labels);
    async::task<result<void>> wait_until_ready(one&, const service&);
    async::task<result<bool>> listens(const one&, std::uint16_t port);
    static async::task<> listen_to(std::shared_ptr<one>);
    async::task<> until_silent(one&);

    engine::client& client_;
    std::function<void(const std::string&)> say_;
    std::string network_;
    std::vector<std::shared_ptr<one>> all_;
    async::task_group& errands_;  // the backend's, which outlives this
    memory_folder secrets_;
    bool stopped_ = false;
};

}  // namespace latchkey::exec
