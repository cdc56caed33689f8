// SPDX-License-Identifier: Apache-2.0
//
// The name under which an engine keeps what one run has built: a build gives it, a push and an action that runs in
// the image ask for it, in this attempt and in later ones. Pure, no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

// Of one run's build by that name; an empty one: of the run's last build. The workspace tells stores apart that
// share an engine.
inline std::string built_image_name(std::string_view workspace, std::string_view pipeline, std::string_view run,
                                    std::string_view build) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const std::string_view part : {workspace, pipeline, run, build}) {
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
        hash = (hash ^ 0xffU) * 1099511628211U;  // no part of a text
    }
    std::string name = "latchkey-built:";
    for (int digit = 0; digit < 16; ++digit, hash >>= 4U) name += "0123456789abcdef"[hash & 15U];
    return name;
}

}  // namespace latchkey
