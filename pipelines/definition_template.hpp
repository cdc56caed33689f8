// SPDX-License-Identifier: Apache-2.0
//
// Parameters of a definition that lies elsewhere (pipeline-yaml §1): its text is filled in before it is read as YAML.
// Pure, no thread rule.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pipelines {

inline constexpr std::size_t longest_filled = std::size_t{4} << 20U;

struct filled_template {
    std::string text;
    std::vector<std::string> missing;  // asked for without a default, and not given; each once
    bool too_long = false;             // beyond longest_filled: then the text is cut
};

// `!{name}` and `!{name:default}`, and `!name` where a parameter is called so; a line that holds nothing but the
// `!name` of a parameter that was not given is left out. Everything else with a `!` stays, YAML's tags and the
// shell's `!` among it. What a value holds is not looked at again.
filled_template fill_template(std::string_view text,
                              const std::map<std::string, std::string, std::less<>>& parameters);

}  // namespace latchkey::pipelines
