// SPDX-License-Identifier: Apache-2.0
//
// What every execution backend has to do: one suite, run against each by a factory.
#pragma once

#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>

namespace latchkey::test {

using backend_factory = std::function<std::unique_ptr<exec::backend>(boost::asio::any_io_executor)>;

// Where backends differ, and why that is right.
struct backend_traits {
    std::function<void(exec::request&)> prepare;  // what its requests need besides
    bool tells_signals = true;                    // else a signal is the exit code 128 + n, as a shell says it
    int at_once = 100;
    bool has_children = false;       // the test itself has some that stay
    bool files_here = false;         // private files lie where we see them, though no other action does
    bool elsewhere = false;          // an execution that is destroyed ends at another machine, a call later
    bool counts_descriptors = true;  // nothing else of this process opens and closes any
};

// Runs every case. `folder` is a fresh workspace.
void check_backend(const backend_factory&, const std::filesystem::path& folder, const backend_traits& = {});

struct finished {
    std::string output;
    exec::exit_status status;
};

// A request with a usual environment.
exec::request script(std::vector<std::string> commands, const std::filesystem::path& folder);

// Of this process.
std::size_t open_descriptors();

// Starts, reads everything, waits. Throws on a failure.
async::task<finished> run_to_end(exec::backend&, exec::request);

}  // namespace latchkey::test
