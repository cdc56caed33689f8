// SPDX-License-Identifier: Apache-2.0
//
// An agent: asks its server for work, prepares files for it, executes actions with the backends of this machine, and
// sends what they print, masked here. It has what its leases give it and nothing else; where one ends it kills what
// it was for. One process, one loop; run_agent() blocks until it is told to end and has ended.
#pragma once

#include "runner/agent/link.hpp"
#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::agent {

struct agent_options {
    const link& server;
    const vault::key_pairs& keys;
    std::string version;         // of this program
    int capacity = 1;            // attempts at once
    bool once = false;           // one attempt, then it ends
    std::filesystem::path data;  // of its own: repositories, filesystems, caches
    // `wanted`: what the run asks for, as store::run_source::backend.
    std::function<std::unique_ptr<exec::backend>(boost::asio::any_io_executor, const std::string& wanted)>
        make_backend;
    std::vector<std::pair<std::string, std::string>> base_environment;
    std::string program;                                // latchkey-native
    std::function<void(const std::string& line)> tell;  // what it does, for its log
};

// Until TERM or INT: what runs may end, nothing more is taken; a second one ends what runs. refused: the server and
// it don't fit together, or it is not known there any more.
result<void> run_agent(const agent_options&);

}  // namespace latchkey::agent
