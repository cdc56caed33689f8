// SPDX-License-Identifier: Apache-2.0
//
// Where a server keeps what runs leave behind, as its settings say. Value types; one thread.
#pragma once

#include "runner/cli/server_config.hpp"
#include "runner/objects/object_store.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace latchkey::cli {

struct object_options {
    std::string url;                   // "s3://…"
    std::filesystem::path folder;      // "file:…"; neither: everything stays in the data folder
    std::filesystem::path login_file;  // empty: the environment has the login
};

// usage: a value that can't be, with where it came from.
result<object_options> read_objects(const std::map<std::string, setting, std::less<>>&);
// With its login, read now. None: everything stays in the data folder.
result<std::unique_ptr<objects::object_store>> open_objects(const object_options&);

}  // namespace latchkey::cli
