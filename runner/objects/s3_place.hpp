// SPDX-License-Identifier: Apache-2.0
//
// Which bucket of which server: "s3://BUCKET/PREFIX?endpoint=https://…&region=…". Pure; any thread.
#pragma once

#include "runner/error.hpp"

#include <string>
#include <string_view>

namespace latchkey::objects {

struct s3_place {
    std::string bucket;
    std::string prefix;    // of all keys: empty, or with a slash at its end
    std::string endpoint;  // "https://s3.acme.test:9000", without a path
    std::string region = "us-east-1";
};

bool is_s3_url(std::string_view);
// usage: it says something else, with what; http is for this machine only.
result<s3_place> read_s3_url(const std::string&);
// As it is noted: "s3://logs/ci at s3.acme.test:9000".
std::string name_of(const s3_place&);

// All but letters, digits and -._~ as %XX; slashes as they are where `path`.
std::string s3_encoded(std::string_view, bool path);
// None: a % without two hexadecimal digits.
result<std::string> s3_decoded(std::string_view);

}  // namespace latchkey::objects
