// SPDX-License-Identifier: Apache-2.0
//
// Time zone files and the rules at their end: no crash, and an offset is less than a week and a day.
#include "pipelines/posix_zone.hpp"
#include "pipelines/timezone.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey::pipelines;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const std::int64_t now : {-4'000'000'000LL, 0LL, 1'782'000'000LL, 40'000'000'000LL}) {
        const std::chrono::sys_seconds time{std::chrono::seconds(now)};
        for (const auto& offset : {zone_offset(bytes, time), posix_offset(bytes, time)})
            if (offset && std::chrono::abs(*offset) > std::chrono::hours(8 * 24)) std::abort();
    }
    return 0;
}
