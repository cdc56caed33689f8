// SPDX-License-Identifier: Apache-2.0
//
// Finds pipeline files, reads them, and picks the pipeline that a person means. Reads files and, where asked, brings
// the store's list of pipelines up to date. One thread.
#pragma once

#include "runner/cli/context.hpp"
#include "runner/run/definition.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::cli {

// buddy.yml, buddy.yaml, .buddy/*.yml and .buddy/*.yaml below the folder, those that are there, in this order.
std::vector<std::filesystem::path> pipeline_files_in(const std::filesystem::path& folder);

// io, not_found: it can't be read; usage: it is larger than any pipeline file may be.
result<std::string> read_pipeline_file(const std::filesystem::path&);

// The files that action types of this project come from, besides the program.
result<std::vector<run::type_file>> read_types(context&);

// The path as the store and messages have it: below the project's root, or in full.
std::string name_in_project(context&, const std::filesystem::path&);

// A pipeline with the file it is in and its identity in the store.
struct chosen_pipeline {
    std::string file;  // relative to the project's root
    std::unique_ptr<run::definition> definition;
    store::pipeline_record record;
};

// Who only looks changes nothing but that a new pipeline gets its identity. Who uses it brings the store up to date:
// a pipeline that is no longer in its file is retired, and so are those of files that are gone.
enum class purpose : unsigned char { look, use };

// `name` empty: the only one there is. `file` empty: all files of the project are looked at. not_found with the
// nearest name; usage with the list where one has to be chosen. A file with errors is an `invalid`, with its
// diagnostics rendered.
struct choice {
    std::optional<chosen_pipeline> chosen;
    std::string invalid;  // diagnostics, if that is what stopped it
};
result<choice> choose_pipeline(context&, const std::string& name, const std::string& file, purpose);

// The identity of a pipeline by name, for commands that don't run it.
result<store::pipeline_record> find_pipeline(context&, const std::string& name, const std::string& file, purpose);

}  // namespace latchkey::cli
