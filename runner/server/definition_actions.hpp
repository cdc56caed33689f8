// SPDX-License-Identifier: Apache-2.0
//
// The actions of a definition as JSON, and changed one by one: what is written around them, comments too, stays as it
// is. Says nothing of whether the outcome is a valid definition; whoever keeps it asks (definition_check.hpp).
// Values; one thread.
#pragma once

#include "pipelines/yaml.hpp"
#include "runner/server/input.hpp"

namespace latchkey::server {

class definition_actions {
public:
    // `name` is the pipeline's, for a definition that is still empty. invalid: it can't be read, or its actions are
    // written in a form that can't be changed one by one.
    static result<definition_actions> read(const std::string& name, std::string text);

    std::size_t size() const { return items_.size(); }
    // As the file has it: `action` is its name, everything else under its own key.
    json at(std::size_t place) const;

    // The whole text after the change. Keys of null are left out.
    std::string with_added(const json& action) const;
    std::string with_replaced(std::size_t place, const json& action) const;
    std::string without(std::size_t place) const;

private:
    struct extent {
        std::size_t begin = 0;  // of the line with its dash
        std::size_t end = 0;    // after its last line
    };
    definition_actions() = default;
    result<void> find_extents();
    std::string spliced(extent, const std::string& with) const;

    std::string text_;
    std::vector<pipelines::yaml::node> items_;
    std::vector<extent> extents_;
    std::size_t dash_ = 4;  // the column of the dashes
    extent whole_;          // `actions:` with its value, where there are no items
    std::size_t key_ = 2;   // the column of `actions:`
};

}  // namespace latchkey::server
