// SPDX-License-Identifier: Apache-2.0
//
// What is asked for of the files that a run starts with, by its pipeline or for this run: for who prepares them here,
// and for who has an agent do it. Pure; any thread.
#pragma once

#include "pipelines/model.hpp"
#include "runner/store/store.hpp"

namespace latchkey::run {

struct file_wishes {
    bool from_scratch = false;
    bool clear_cache = false;
    bool concurrent = false;  // beside others of its pipeline, in files of its own
};
file_wishes wishes_of(const pipelines::pipeline&, const store::run_source&);

}  // namespace latchkey::run
