// SPDX-License-Identifier: Apache-2.0
//
// How an action is executed. A backend starts one script and gives its output as it comes and its end; it knows
// nothing of policy, stores or masking. host.hpp is one, sandbox.hpp and container.hpp are others. One conformance
// suite (tests/runner/exec) runs against each.
//
// Contract
// - start() may be called for several actions at once; executions don't know each other. It may take as long as an
//   image takes to be pulled; a cancelled start() leaves nothing behind.
// - read() is called by one coroutine at a time until it gives 0 (nobody holds the output open any more).
// - wait() is awaited once. When it returns, every process that the script started is gone, daemons too.
// - terminate() and kill() may be called at any time, any number of times, also after the end.
// - Destroying an execution that has not ended kills everything it started.
// - All on the executor that the backend was made with; nothing blocks it.
#pragma once

#include "runner/async/task.hpp"
#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::exec {

enum class shell : unsigned char { sh, bash, powershell };

// A file that only this action sees. The variable holds its path (or its folder's, where asked for).
struct secret_file {
    std::string variable;
    std::string name;
    const vault::secret* content = nullptr;
    bool directory = false;
    unsigned mode = 0600;
};

// What an action may use; 0: no limit. One that can't be enforced is a failure to start, never silence.
struct limits {
    std::uint64_t memory_bytes = 0;
    double cpus = 0;
    std::uint32_t pids = 0;
    bool any() const { return memory_bytes != 0 || cpus != 0 || pids != 0; }
};

struct mount {
    std::filesystem::path source;  // on this machine
    std::string target;            // in the container
    bool read_only = false;
};

struct registry_login {
    std::string server;  // empty: Docker Hub
    std::string username;
    vault::secret password;
};

// Runs beside an action, on its network, while it runs.
struct service {
    std::string image;
    std::string host;                  // its name on the network
    std::uint16_t port = 0;            // ready once it listens there; 0: once it runs
    std::vector<std::string> command;  // for /bin/sh -c; empty: the image's own
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::pair<std::string, vault::secret>> secrets;  // the variable holds the path of a file
    std::string kept;                                            // a volume's name, for `data`; empty: none
    std::string data;
};

// For an action that runs in a container: what it looks like in there.
struct container {
    std::string image;        // as an engine understands it
    bool built_here = false;  // an action of the run has built it: no registry has it
    std::string working_directory;
    std::string user;                         // empty: the image's
    std::vector<mount> mounts;                // the workspace among them
    std::vector<std::string> setup_commands;  // executed once for an image, and kept as one
    std::optional<registry_login> login;
    std::vector<service> services;
};

struct request {
    std::string label;  // names it in messages and in the process list
    exec::shell shell = exec::shell::sh;
    std::vector<std::string> commands;   // one script: cd and export carry on
    bool execute_every_command = false;  // else the first failure stops it
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::pair<std::string, const vault::secret*>> secrets;  // environment variables too
    std::vector<secret_file> files;
    std::filesystem::path directory;  // where the script starts, on this machine
    std::filesystem::path workspace;  // what it may write to; the directory lies in it
    std::vector<mount> kept;          // folders of this machine that a sandbox keeps for it besides: caches
    // PATH, HOME and the like: of this machine, so no container gets them. The environment's own come over them.
    std::vector<std::pair<std::string, std::string>> machine_environment;
    exec::limits limits;
    bool network = true;
    bool collect_exported = false;                // SH and BASH: execution::exported() has them at the end
    std::optional<exec::container> container;     // absent: no image is asked for
    bool trusted = false;                         // a program of ours: it is not shut in
    std::function<void(const std::string&)> say;  // told a line for the action's log while it is being prepared
    // -- for a backend that executes elsewhere (see settle())
    // Asked just before the secrets leave this process: a failure says why they must not.
    std::function<async::task<result<void>>()> confirm;
    std::vector<std::string_view> to_mask;  // what its output must not show; good until start() returns
};

// Where a backend executes that does not on this machine. Paths are of that machine.
struct workplace {
    std::filesystem::path workspace;
    std::filesystem::path caches;
    std::filesystem::path repository;  // whose commit the workspace is; may be empty
    std::vector<std::pair<std::string, std::string>> base_environment;
    std::string program;  // latchkey-native
};

struct exit_status {
    bool signalled = false;
    int number = 0;  // exit code or signal
    friend bool operator==(const exit_status&, const exit_status&) = default;
};

class execution {
public:
    virtual ~execution() = default;
    // Standard output and error, in the order written; 0: the end.
    virtual async::task<result<std::size_t>> read(boost::asio::mutable_buffer) = 0;
    virtual async::task<result<exit_status>> wait() = 0;
    // After wait(): the file of what its shell had exported (exported.hpp); empty where it was not asked for.
    virtual std::string exported() { return {}; }
    virtual void terminate() = 0;  // asks every process of it to end
    virtual void kill() = 0;       // ends every process of it
};

// What a backend really isolates on this machine; `doctor` prints it.
struct isolation {
    bool own_session = false;
    bool own_pid_namespace = false;
    std::string note;  // one clause where something can't be had: why
};

class backend {
public:
    virtual ~backend() = default;
    virtual std::string_view name() const = 0;
    virtual exec::isolation isolation() const = 0;
    // Before the first start(), once: finds where it executes and has the workspace prepared there, which may take
    // until somebody is free. None: on this machine, where the caller prepares it. engine: why it can't be.
    virtual async::task<result<std::optional<workplace>>> settle() { co_return std::optional<workplace>(); }
    // engine: it could not be started; nothing is left behind.
    virtual async::task<result<std::unique_ptr<execution>>> start(request) = 0;
    // Waits for what is still being done for executions that are gone. The last call, before it is destroyed.
    virtual async::task<> close() { co_return; }
};

}  // namespace latchkey::exec
