// SPDX-License-Identifier: Apache-2.0
//
// What an S3 server says, as XML: lists of objects, and errors. Bytes from outside: bounded, and nothing is believed.
// The only user of the XML library here. Pure; any thread.
#pragma once

#include "runner/objects/object_store.hpp"

namespace latchkey::objects {

inline constexpr std::size_t longest_s3_answer = 8UL * 1024 * 1024;

struct s3_list {
    std::vector<object_store::object> objects;  // with the keys that the server has
    bool cut = false;                           // there are more
};

// Of ListObjectsV2 with encoding-type=url. corrupt: it is something else.
result<s3_list> read_s3_list(std::string_view);

struct s3_error {
    std::string code;     // "AccessDenied"; empty: it is none that we know the form of
    std::string message;  // in one line, bounded
};
s3_error read_s3_error(std::string_view);

}  // namespace latchkey::objects
