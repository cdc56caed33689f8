// SPDX-License-Identifier: Apache-2.0
//
// An agent's calls of its server, each signed with the agent's own key. Every fault is one `failure`: io where there
// was no answer or the server could not answer now (again may help), denied where a lease has ended, anything else
// for good. Immutable but for what ends a wait; any thread; calls block.
#pragma once

#include "runner/client/transport.hpp"
#include "runner/json/parse.hpp"
#include "runner/vault/key_pairs.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace latchkey::agent {

class link {
public:
    // The keys outlive it. `agent`: its number; 0: it has none yet, and nothing is signed.
    link(client::peer server, const vault::key_pairs& keys, std::int64_t agent);

    // `path` from below the agents' addresses on: "/poll".
    result<nlohmann::json> call(const std::string& method, const std::string& path, const std::string& body,
                                const std::string& lease = "") const;
    // One that the server answers when there is something; `go_on` is asked about every second, and false ends it:
    // cancelled.
    result<nlohmann::json> wait(const std::string& path, const std::string& body,
                                const std::function<bool()>& go_on) const;
    // Into a new file. `go_on` as above.
    result<void> fetch(const std::string& path, const std::string& lease, const std::filesystem::path& file,
                       const std::function<bool()>& go_on) const;

private:
    client::request signed_request(const std::string& method, const std::string& path, const std::string& body,
                                   const std::string& lease) const;
    client::peer server_;
    std::string prefix_;  // of the server's address: what stands before our paths in a target
    const vault::key_pairs& keys_;
    std::int64_t agent_;
};

}  // namespace latchkey::agent
