// SPDX-License-Identifier: Apache-2.0
//
// What a server is told at its start, gathered from the command line, the environment and the defaults, each value
// with where it came from, and then read. One thread.
#pragma once

#include "runner/cli/context.hpp"
#include "runner/server/first_owner.hpp"
#include "runner/server/team_server.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::cli {

// One thing that can be set: `--tls-cert FILE`, `LATCHKEY_SERVER_TLS_CERT`.
struct known_setting {
    std::string_view name;   // "tls-cert"
    std::string_view value;  // of the help: "FILE"
    std::string_view what;
    std::string_view otherwise = {};  // its default, where it has one that is always the same
};
std::span<const known_setting> known_settings();

struct setting {
    std::string value;
    std::string origin;  // "--tls-cert", "LATCHKEY_SERVER_TLS_CERT", "the default"
};
// By name; what is set nowhere and has no default is not among them.
using settings = std::map<std::string, setting, std::less<>>;

// `flags` by name.
result<settings> gather_settings(context&, const std::map<std::string, std::string>& flags);

struct server_options {
    std::filesystem::path data;
    std::filesystem::path store_file;
    std::string backend;
    server::listen_options listen;
    std::string public_url;
    std::optional<server::first_owner> first_owner;
    std::filesystem::path token_file;
};
// usage: a value that can't be, with where it came from.
result<server_options> read_settings(const settings&);

}  // namespace latchkey::cli
