// SPDX-License-Identifier: Apache-2.0
//
// Files of pipelines that nothing has run in for long: what builds left, and what `cached_dirs` kept. They can be had
// again by the next run. What a run works in, or is to work in, is left alone. Blocks; one thread at a time.
#pragma once

#include "runner/store/store.hpp"

#include <filesystem>

namespace latchkey::run {

struct cleared_files {
    int pipelines = 0;  // of so many
};

// <data>/filesystems and <data>/caches of the pipelines whose last run ended before that, and of those that are gone.
// io: something can't be removed.
result<cleared_files> clear_old_files(store::store&, const std::filesystem::path& data, policy::time_point before);

}  // namespace latchkey::run
