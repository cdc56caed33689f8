// SPDX-License-Identifier: Apache-2.0
//
// The files that action types come from besides the program: custom actions of the repository, and types of the
// user's own. A run keeps those that it uses with its definition, so that a retry is the same. Reading blocks; the
// rest is pure. One owner for each object.
#pragma once

#include "pipelines/custom_action.hpp"
#include "runner/error.hpp"
#include "runner/store/store.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::run {

using store::type_file;

// .buddy/actions/NAME/action.yml below the repository's root; *.yml of the folder of the user's own types,
// which need not be there. refused: a file of theirs that others may write; a link of the repository that leaves it.
result<std::vector<type_file>> read_type_files(const std::filesystem::path& root, const std::filesystem::path& own);

class known_types : public pipelines::type_source {
public:
    explicit known_types(std::vector<type_file> files) : files_(std::move(files)) {}

    found_custom custom(std::string_view name) override;
    std::shared_ptr<const pipelines::action_type> own(std::string_view type) override;
    std::vector<std::string_view> own_names() const override;

    // The files of what has been asked for and found, and the faults of those of them that can't be used, as a
    // person reads them.
    std::vector<type_file> used() const;
    const std::string& problems() const { return problems_; }

private:
    struct read_file {
        bool tried = false;
        std::shared_ptr<const pipelines::custom_action> action;
        std::string problems;
        bool shown = false;
    };
    const read_file& read(std::size_t index);

    std::vector<type_file> files_;
    std::map<std::size_t, read_file> read_;
    std::map<std::string, std::shared_ptr<const pipelines::action_type>, std::less<>> own_;
    std::map<std::size_t, bool> used_;
    std::string problems_;
};

}  // namespace latchkey::run
