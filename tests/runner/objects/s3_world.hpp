// SPDX-License-Identifier: Apache-2.0
//
// A bucket on a real S3 server of this test program's own (radosgw.sh), started when it is first asked for. One
// thread.
#pragma once

#include "runner/objects/s3_objects.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace latchkey::test {

// The URL of a place of its own in the bucket, as a server's settings name it.
std::string s3_url(const std::string& prefix);
std::filesystem::path s3_login_file();
std::unique_ptr<objects::object_store> s3_bucket(const std::string& prefix);

}  // namespace latchkey::test
