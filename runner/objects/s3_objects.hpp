// SPDX-License-Identifier: Apache-2.0
//
// Objects in a bucket of a server that speaks S3, addressed by path (endpoint/bucket/key). Any thread; calls block,
// for half a minute at most where nothing comes.
#pragma once

#include "runner/objects/object_store.hpp"
#include "runner/objects/s3_login.hpp"
#include "runner/objects/s3_place.hpp"

#include <memory>

namespace latchkey::objects {

// Asks nothing yet: whoever starts a server wants it to start while the bucket's is down.
std::unique_ptr<object_store> make_s3_objects(s3_place, s3_login);

}  // namespace latchkey::objects
