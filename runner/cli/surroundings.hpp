// SPDX-License-Identifier: Apache-2.0
//
// What runs stand on, put together of the concrete things: for runs of this machine and for those of a server alike.
// What it is given outlives what it gives. Any thread.
#pragma once

#include "runner/run/service.hpp"

#include <filesystem>

namespace latchkey::cli {

run::surroundings make_surroundings(store::store&, run::access::unlock, run::wall_clock,
                                    const std::filesystem::path& data);

}  // namespace latchkey::cli
