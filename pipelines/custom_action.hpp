// SPDX-License-Identifier: Apache-2.0
//
// Action types that are not built in: a custom action of a repository (.buddy/actions/NAME/action.yml, pipeline-yaml
// §1), which an action of the type CUSTOM names, and a type of the user's own, a file of the catalogue's form. What
// is read from files is data of others: every fault is a diagnostic, never an exception.
// Immutable once read; any thread may read it.
#pragma once

#include "pipelines/catalogue.hpp"
#include "pipelines/model.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::pipelines {

// What an action.yml makes of an action that names it.
struct custom_action {
    text name;
    action_type type;  // with `inputs`; its commands are the action's
    text image;
    text image_tag;
    text working_directory;
    pipelines::shell shell = pipelines::shell::sh;
    std::vector<text> commands;
    std::vector<text> setup_commands;
    std::vector<yaml::entry> fields;  // volume_mappings, cached_dirs, run_as_user: as an action has them
};

// nullopt: it has errors.
std::optional<custom_action> read_custom_action(const source&, diagnostics& problems);

// A type of the user's own; `file` is named NAME.yml for the type NAME. Where it can't be: `why` says it.
std::optional<action_type> read_own_type(const embedded_file& file, std::string& why);

// Where parse() asks for them. One owner, one thread.
class type_source {
public:
    virtual ~type_source() = default;
    struct found_custom {
        std::shared_ptr<const custom_action> action;  // nullptr: why not
        std::string why;
        bool faulty = false;  // there is one, and something is wrong with it
    };
    // By the name in its file, or its folder's, without a tag.
    virtual found_custom custom(std::string_view name) = 0;
    virtual std::shared_ptr<const action_type> own(std::string_view type) = 0;  // nullptr: there is none
    virtual std::vector<std::string_view> own_names() const = 0;
};

}  // namespace latchkey::pipelines
