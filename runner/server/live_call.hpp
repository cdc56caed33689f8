// SPDX-License-Identifier: Apache-2.0
//
// A call that goes on: who looks at a live view is let in again and again, by what they came with and by the rights
// of now, so that a right, a token or a session that is taken away ends the view. One stream, one thread at a time;
// blocks.
#pragma once

#include "runner/server/call.hpp"

#include <chrono>
#include <memory>

namespace latchkey::server {

class live_call {
public:
    // Of a call that was let in.
    explicit live_call(const call&);
    ~live_call();
    live_call(const live_call&) = delete;
    live_call& operator=(const live_call&) = delete;

    // As it stands now, at most a second old; nullptr: it would not be let in any more.
    result<call*> now();

private:
    http::request request_;
    const state& server_;
    const route& route_;
    std::map<std::string, std::string, std::less<>> at_;
    std::string base_;
    std::unique_ptr<call> last_;
    std::chrono::steady_clock::time_point judged_;
};

}  // namespace latchkey::server
