// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_parts.hpp"

namespace latchkey::pipelines {

namespace {

constexpr std::size_t longest_audience = 255;

bool is_variable_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    for (const char c : name)
        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
    return true;
}

constexpr const char* form =
    "write `id_tokens:`, below it the variable's name, and below that `aud: https://who-takes-it`";

}  // namespace

std::vector<id_token> read_id_tokens(value_reader& reader, yaml::node& map) {
    std::vector<id_token> out;
    if (map.kind == yaml::kind::null) return out;
    if (map.kind != yaml::kind::map) {
        reader.wrong_kind("id_tokens", map, "a map", form);
        return out;
    }
    for (yaml::entry& entry : map.entries) {
        id_token wanted{{entry.key, entry.key_where}, {}};
        if (!is_variable_name(entry.key)) {
            reader.error("P050", entry.key_where, in_backticks(entry.key) + " can't be the name of a variable",
                         "use letters, digits and _, and begin with a letter");
            continue;
        }
        for (const id_token& before : out)
            if (before.name.value == entry.key)
                reader.error("P050", entry.key_where, "the token " + in_backticks(entry.key) + " is asked for twice",
                             "remove one of the two");
        if (entry.value.kind == yaml::kind::map)
            for (yaml::entry& field : entry.value.entries) {
                if (field.key == "aud") {
                    if (auto audience = reader.text_of("aud", field.value)) wanted.audience = std::move(*audience);
                } else {
                    reader.error("P050", field.key_where, "a token has no " + in_backticks(field.key), form);
                }
            }
        if (wanted.audience.empty() || wanted.audience.value.size() > longest_audience) {
            reader.error("P050", entry.key_where,
                         "the token " + in_backticks(entry.key) + " says not whom it is for, in 1 to 255 bytes",
                         form);
            continue;
        }
        out.push_back(std::move(wanted));
    }
    return out;
}

}  // namespace latchkey::pipelines
