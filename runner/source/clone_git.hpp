// SPDX-License-Identifier: Apache-2.0
//
// Git in a clone of ours: with no configuration but the clone's own, and for a fetch with a login. Private to this
// room. Blocks; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/capture.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/source/clone.hpp"

namespace latchkey::source {

// Only looks; whatever its exit code.
result<exec::captured> look(const std::filesystem::path& clone, const std::vector<std::string>& words,
                            std::size_t most_output = 16UL << 20U);

// Likewise with more of an environment, and files as descriptors 3, 4, …: makes objects.
result<exec::captured> work(const std::filesystem::path& clone, const std::vector<std::string>& words,
                            const std::vector<std::string>& environment, const std::vector<int>& files);

// A file in memory with no name.
result<exec::descriptor> memory_file(std::string_view bytes);

struct remote_call {
    std::filesystem::path clone;
    const git_address* address = nullptr;
    const git_login* login = nullptr;
    std::filesystem::path known_hosts;  // where keys of hosts are learned
    int lock = -1;                      // held by git and all that it starts
    std::chrono::steady_clock::time_point end;
    std::uint64_t most_bytes = 0;  // of one file that it writes
    int stop = -1;                 // as fetch_options::stop
    const char* doing = "fetch";   // for messages
};

// What it printed; what went wrong as project_clone::fetch says it.
result<std::string> ask_remote(const remote_call&, const std::vector<std::string>& words);

}  // namespace latchkey::source
