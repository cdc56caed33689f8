// SPDX-License-Identifier: Apache-2.0
//
// What a server is told at its start, gathered from the command line, the environment and the defaults, each value
// with where it came from, and then read. One thread.
#pragma once

#include "runner/cli/context.hpp"
#include "runner/cli/server_config.hpp"
#include "runner/cli/server_objects.hpp"
#include "runner/cli/server_sign_in.hpp"
#include "runner/server/agent_runs.hpp"
#include "runner/server/first_owner.hpp"
#include "runner/server/retention.hpp"
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
    enum class kind : unsigned char { text, path, store } is = kind::text;
};
std::span<const known_setting> known_settings();

// By name; what is set nowhere and has no default is not among them.
using settings = std::map<std::string, setting, std::less<>>;

// `flags` by name, `config` among them. The file is the one that is named, else server.toml in the data folder, else
// /etc/latchkey/server.toml, where it is there. Paths that a file holds are seen from its folder.
result<settings> gather_settings(context&, const std::map<std::string, std::string>& flags);
// As a configuration file, each with where it came from.
std::string as_config(const settings&);

struct server_options {
    std::filesystem::path data;
    std::filesystem::path store_file;  // of SQLite; empty: the store is at store_url
    std::string store_url;             // of PostgreSQL, with its password
    object_options objects;
    std::string backend;
    bool local_repositories = false;  // folders of this machine can be projects' repositories
    bool private_hosts = false;       // what is told to others may go there
    std::vector<std::string> trusted_proxies;
    int runs = 4;  // at once
    server::agents_use agents = server::agents_use::by_wish;
    std::chrono::seconds agent_lease{30};
    server::listen_options listen;
    std::string public_url;
    server::retention keep_logs;
    std::optional<std::chrono::seconds> keep_files;
    server::metrics_readers metrics = server::metrics_readers::loopback;
    server::server_log::form log_form = server::server_log::form::plain;
    server::log_level log_least = server::log_level::info;
    std::optional<server::first_owner> first_owner;
    std::filesystem::path token_file;
    sign_in_options sign_in;
};
// usage: a value that can't be, with where it came from.
result<server_options> read_settings(const settings&);

}  // namespace latchkey::cli
