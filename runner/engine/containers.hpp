// SPDX-License-Identifier: Apache-2.0
//
// Containers and networks of an engine, as calls. Each blocks nothing and leaves nothing behind where it fails. What
// they return with errc::engine has the engine's own words. One loop, the client's.
#pragma once

#include "runner/engine/client.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace latchkey::engine {

struct bind_mount {
    std::string source;  // on this machine, and exists; or a volume's name, which is made where it does not
    std::string target;
    bool read_only = false;
    bool volume = false;
};

struct container_spec {
    std::string image;
    std::optional<std::vector<std::string>> entrypoint;  // none: the image's own
    std::vector<std::string> command;
    std::vector<std::string> environment;  // NAME=value: visible to whoever may inspect containers
    std::string working_directory;
    std::string user;
    std::map<std::string, std::string> labels;
    std::vector<bind_mount> mounts;
    std::string network = "default";   // the engine's default, "none", or a network's name
    std::vector<std::string> aliases;  // on that network
    std::uint64_t memory_bytes = 0;    // 0: no limit, as below
    double cpus = 0;
    std::uint32_t pids = 0;
    bool keep_output = false;  // by the engine, on its disk; else only who is attached gets it
};

async::task<result<std::string>> create_container(client&, const container_spec&);  // its id
// The container's output from its start on, if attached before that: a stream of frames.
async::task<result<std::unique_ptr<http_connection>>> attach(client&, const std::string& id);
async::task<result<void>> start_container(client&, const std::string& id);
// Its exit code, when it has ended.
async::task<result<int>> wait_container(client&, const std::string& id);
// The same where that is soon: it is looked at again and again for about a seventh of a second. nullopt: it still
// runs.
async::task<result<std::optional<int>>> ended_soon(client&, const std::string& id);
async::task<result<void>> kill_container(client&, const std::string& id, const std::string& signal);
// Kills it, if it runs, and removes it with its anonymous volumes. Not being there is no failure.
async::task<result<void>> remove_container(client&, const std::string& id);
async::task<result<std::vector<std::string>>> containers_with_label(client&, const std::string& label_and_value);
async::task<result<std::string>> output_of(client&, const std::string& id);  // what the engine kept

struct container_facts {
    bool running = false;
    int exit_code = 0;
    std::string health;   // "", "starting", "healthy", "unhealthy"
    std::string address;  // on its first network
    std::int64_t pid = 0;
    std::string whole;  // everything the engine says of it, as JSON
};
async::task<result<container_facts>> inspect_container(client&, const std::string& id);

struct executed {
    int exit_code = 0;
    std::string output;
};
// Executes a program in a running container, and waits for it.
async::task<result<executed>> execute_in(client&, const std::string& id, std::vector<std::string> command);

async::task<result<std::string>> create_network(client&, const std::string& name,
                                                const std::map<std::string, std::string>& labels,
                                                bool internal = false);  // no way out of it
async::task<result<void>> remove_network(client&, const std::string& name);
async::task<result<std::vector<std::string>>> networks_with_label(client&, const std::string& label_and_value);

// For destructors only: kills and removes it, waiting for the engine at most 10 seconds.
void remove_container_now(const std::string& socket, const std::string& id) noexcept;
void remove_network_now(const std::string& socket, const std::string& name) noexcept;

}  // namespace latchkey::engine
