// SPDX-License-Identifier: Apache-2.0
//
// A webhook of ours on its way: signed, sent once, and what becomes of it. When to try again is counted here; to
// remember it is for who has the queue. Blocks; any thread.
#pragma once

#include "runner/outgoing/send.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace latchkey::outgoing {

struct message {
    std::string url;
    std::string event;  // "EXECUTION_FINISHED"
    std::string id;     // of the delivery: the same each time that it is tried
    std::string body;   // JSON
};

struct outcome {
    enum class verdict : unsigned char {
        delivered,  // answered with 200 to 299
        failed,     // may go better later
        refused,    // never will: the address may not be reached, or says that it is gone (410)
    };
    verdict what = verdict::failed;
    int status = 0;    // 0: there was no answer
    std::string said;  // the beginning of the answer, or why there was none; one line
};

// With X-Latchkey-Signature (triggers/signature.hpp) over the body at `now`, X-Latchkey-Event and
// X-Latchkey-Delivery.
outcome deliver(const message&, const vault::secret& key, std::chrono::sys_seconds now, const send_options& = {});

// How long to wait after so many tries that failed; nothing: it is given up. Ten seconds at first, a day and a half
// in all.
std::optional<std::chrono::seconds> pause_after(int tries);

}  // namespace latchkey::outgoing
