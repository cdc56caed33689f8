// SPDX-License-Identifier: Apache-2.0
//
// A server's configuration file: flat TOML, one setting a line, each known by where it stands. The only user of the
// TOML library. Pure but for reading the file; any thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::cli {

struct setting {
    std::string value;
    std::string origin;  // "--tls-cert", "LATCHKEY_SERVER_TLS_CERT", "server.toml:3", "the default"
};

// By key. usage: it is no TOML, or a key is none of `known` or has no plain value; all with file, line and column.
result<std::map<std::string, setting>> settings_in(std::string_view text, const std::string& file,
                                                   const std::vector<std::string_view>& known);

// not_found, io: it can't be read; refused: others may write it.
result<std::string> read_config_file(const std::filesystem::path&);

// "…" with what TOML wants escaped.
std::string quoted_for_config(std::string_view);

}  // namespace latchkey::cli
