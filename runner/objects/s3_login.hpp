// SPDX-License-Identifier: Apache-2.0
//
// With what requests to an S3 server are signed. One owner; any thread may read it.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <filesystem>
#include <string_view>

namespace latchkey::objects {

struct s3_login {
    std::string key_id;
    vault::secret key;
    vault::secret session;  // of keys that end; may be empty
};

// The form that AWS' own programs have: `aws_access_key_id = …`, `aws_secret_access_key = …` and, where there is one,
// `aws_session_token = …`, of the section [default] where there are any. refused: it can't be read as that.
result<s3_login> read_s3_login(std::string_view text);
// refused: it is open to others, or another's.
result<s3_login> read_s3_login_file(const std::filesystem::path&);
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. not_found: they are not set.
result<s3_login> s3_login_at_hand();

}  // namespace latchkey::objects
