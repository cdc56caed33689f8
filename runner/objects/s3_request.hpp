// SPDX-License-Identifier: Apache-2.0
//
// Signed requests to an S3 server (AWS signature version 4), each by libcurl, which signs them. Connections are kept
// for the next. Private to this room. Any thread; calls block.
#pragma once

#include "runner/objects/object_file.hpp"
#include "runner/objects/s3_login.hpp"
#include "runner/objects/s3_place.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::objects {

struct s3_request {
    enum class method : unsigned char { get, put, remove } how = method::get;
    std::string key = {};  // below the bucket, as it is; empty: the bucket itself
    std::vector<std::pair<std::string, std::string>> query = {};
    std::string range = {};       // "bytes=0-99"
    object_file* body = nullptr;  // of a put
    std::size_t most = 0;         // bytes of an answer; more is a failure
};

struct s3_response {
    int status = 0;
    std::string body;
};

class s3_client {
public:
    s3_client(s3_place, s3_login);
    ~s3_client();
    s3_client(const s3_client&) = delete;
    s3_client& operator=(const s3_client&) = delete;

    // io: there was no answer.
    result<s3_response> send(const s3_request&);
    const s3_place& place() const { return place_; }
    // Whatever is under way, and all that comes, fails.
    void cut() { cut_ = true; }

private:
    struct handle;
    std::unique_ptr<handle> take();
    s3_place place_;
    s3_login login_;
    std::atomic<bool> cut_{false};
    std::mutex mutex_;
    std::vector<std::unique_ptr<handle>> idle_;
};

}  // namespace latchkey::objects
