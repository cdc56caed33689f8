// SPDX-License-Identifier: Apache-2.0
//
// Reports of tests, over any bytes: no crash, counts that fit, failures in one bounded line each. What is written
// with any names can be read again.
#include "runner/junit/junit.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    if (const auto read = junit::read(bytes)) {
        if (read->failed + read->skipped > read->tests || read->failures.size() > junit::most_failures) std::abort();
        for (const std::string& f : read->failures)
            if (f.size() > 400 || f.find('\n') != std::string::npos) std::abort();
    }
    const auto again = junit::read(
        junit::write(bytes, {{bytes, junit::outcome::error, bytes, bytes, std::chrono::milliseconds(1)}}));
    if (!again || again->tests != 1 || again->failed != 1) std::abort();
    return 0;
}
