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

// Runs every case. `folder` is a fresh workspace.
void check_backend(const backend_factory&, const std::filesystem::path& folder);

struct finished {
    std::string output;
    exec::exit_status status;
};

// A request with a usual environment.
exec::request script(std::vector<std::string> commands, const std::filesystem::path& folder);

// Starts, reads everything, waits. Throws on a failure.
async::task<finished> run_to_end(exec::backend&, exec::request);

}  // namespace latchkey::test
