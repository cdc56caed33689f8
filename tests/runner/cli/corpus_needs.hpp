// SPDX-License-Identifier: Apache-2.0
//
// What a real pipeline file expects to find: programs, folders and scripts of its repository, values that it does not
// hold. Read from the file alone. Pure, no thread rule.
#pragma once

#include "pipelines/model.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace latchkey::test {

// What its commands find in their image: every word that could be a program's name (a word that is none does no harm
// as one), and the folders of absolute paths.
struct image_needs {
    std::set<std::string> programs;
    std::set<std::filesystem::path> folders;
};
void add_needs(const pipelines::document&, image_needs& to);

struct repository_needs {
    std::set<std::filesystem::path> folders;  // relative to the root, those of `scripts` among them
    std::set<std::filesystem::path> scripts;
    std::set<std::filesystem::path> dockerfiles;
};
repository_needs repository_of(const pipelines::pipeline&);

// Variables that the pipeline uses and nobody sets; encrypted ones apart.
std::set<std::string> unset_variables(const pipelines::pipeline&, std::string_view text_of_file);
std::set<std::string> encrypted_variables(const pipelines::pipeline&);

}  // namespace latchkey::test
