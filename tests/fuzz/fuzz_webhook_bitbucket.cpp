// SPDX-License-Identifier: Apache-2.0
//
// Webhooks of the kind "bitbucket", over any bytes: the event's name on the first line, the body after it.
#include "tests/fuzz/fuzz_webhook.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey;
    test::try_webhook(data, size, [](std::string_view event, std::string_view body) {
        return triggers::read_bitbucket(event, body);
    });
    return 0;
}
