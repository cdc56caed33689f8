// SPDX-License-Identifier: Apache-2.0
//
// The files that a run starts with: its own checkout where it was asked for, and caches as the pipeline wants them.
// Blocks; no thread rule. Private to the service.
#pragma once

#include "runner/run/definition.hpp"
#include "runner/source/filesystem.hpp"
#include "runner/store/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::run {

struct run_files {
    std::optional<source::filesystem> own;  // kept until the run has ended
    std::vector<std::string> notes;         // to be said in the run
};

// Where the run is to have files of its own: those, for it alone. conflict: another run works in them, and `waits` is
// empty; else that is called, and the other's end waited for.
result<std::optional<source::filesystem>> take_files(const std::filesystem::path& data, const store::run_source&,
                                                     policy::pipeline_id, const std::function<void()>& waits = {});

// `own`: what take_files() gave.
result<run_files> prepare_files(store::store&, const std::filesystem::path& data, const definition&,
                                const store::run_source&, policy::pipeline_id, std::optional<source::filesystem> own);

}  // namespace latchkey::run
