// SPDX-License-Identifier: Apache-2.0
//
// Objects as files below a folder: a disk that several machines mount, or a test. Any thread, any number of
// processes; calls block.
#pragma once

#include "runner/objects/object_store.hpp"

#include <memory>

namespace latchkey::objects {

// Makes the folder (0700) where it is missing. io: it can't.
result<std::unique_ptr<object_store>> open_local_objects(const std::filesystem::path& folder);

}  // namespace latchkey::objects
