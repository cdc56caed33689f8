// SPDX-License-Identifier: Apache-2.0
//
// Reads single values of the tree into plain types and says what is wrong with them. Used by the parse_*.cpp
// files only. Values are moved out of the tree: it is read once.
// Single-threaded; lives for one parse.
#pragma once

#include "pipelines/keys.hpp"
#include "pipelines/model.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace latchkey::pipelines {

class type_source;

template <typename Value>
struct named {
    std::string_view name;
    Value value;
};

class value_reader {
public:
    value_reader(const source& file, diagnostics& problems, type_source* types = nullptr)
        : file_(file), problems_(problems), types_(types) {}

    type_source* types() const { return types_; }  // nullptr: there are none but those that are built in

    void error(const char* code, span where, std::string message, std::string help = {});
    void warning(const char* code, span where, std::string message, std::string help = {});
    // P012, with the nearest known key.
    void unknown_key(key_scope, const yaml::entry&);
    // Renames slips that can mean one thing only (P033) and reports what is unknown.
    void check_keys(key_scope, std::vector<yaml::entry>&);

    // Each reports a value of the wrong kind and then yields nothing, an empty list, or the fallback.
    std::optional<text> text_of(std::string_view key, yaml::node&);
    std::string string_of(std::string_view key, yaml::node&);
    std::vector<text> texts_of(std::string_view key, yaml::node&);
    std::vector<text> commands_of(std::string_view key, yaml::node&);
    bool bool_of(std::string_view key, const yaml::node&, bool fallback);
    int int_of(std::string_view key, const yaml::node&, int least, int most, int fallback);
    std::vector<int> ints_of(std::string_view key, const yaml::node&, int least, int most);

    // The value with that name, ignoring case; an unknown one is reported (P032) with the nearest.
    template <typename Value, std::size_t Size>
    std::optional<Value> choice_of(std::string_view key, const yaml::node& node,
                                   const std::array<named<Value>, Size>& choices, severity grade = severity::error) {
        std::array<std::string_view, Size> names;
        for (std::size_t i = 0; i < Size; ++i) names[i] = choices[i].name;
        const std::optional<std::size_t> index = index_of(key, node, names, grade);
        if (!index) return std::nullopt;
        return choices[*index].value;
    }

    // Wrong kind of value: what was expected, and what to write.
    void wrong_kind(std::string_view key, const yaml::node&, std::string_view expected, std::string help);
    // Nothing more is collected, or (settled) no error either: don't spend time on the wording.
    bool full() const;
    bool settled() const { return full() && failed_; }

private:
    std::optional<std::size_t> index_of(std::string_view key, const yaml::node&,
                                        std::span<const std::string_view> names, severity grade);
    void add(diagnostic);

    const source& file_;
    diagnostics& problems_;
    type_source* types_;
    bool failed_ = false;
};

}  // namespace latchkey::pipelines
