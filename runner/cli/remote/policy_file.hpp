// SPDX-License-Identifier: Apache-2.0
//
// Who may use what, as a file: groups with their members, integrations without their secrets, with their permissions
// and the pipelines that may use them, and the roles in projects. People are named by address, pipelines by
// project/name. Pure, no thread rule. Must not know the server.
#pragma once

#include "runner/error.hpp"

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace latchkey::cli::remote {

struct group_policy {
    std::string name;
    std::string description;
    std::map<std::string, bool> members;  // by address: manages it
};

struct allowed_pipeline {
    std::string pipeline;  // "web/deploy"
    std::string ref;       // pattern; empty: any
    std::string expires;   // "2030-01-02T03:04:05Z"; empty: never
    friend auto operator<=>(const allowed_pipeline&, const allowed_pipeline&) = default;
};

struct integration_policy {
    std::string identifier;
    std::string name;
    std::string type;
    std::string auth_type;  // empty: as the server has it
    std::string project;    // empty: the whole workspace
    bool all_pipelines = false;
    std::string demand = "USE_ONLY";
    std::string admins = "MANAGE";
    std::string others = "USE_ONLY";
    std::map<std::string, std::string> users;   // level by address
    std::map<std::string, std::string> groups;  // by name
    std::map<std::string, std::string> settings;
    std::set<allowed_pipeline> pipelines;
};

struct project_policy {
    std::string name;
    std::map<std::string, std::string> members;  // role by address
    std::map<std::string, std::string> groups;
};

struct policy_document {
    std::string workspace;  // what it was written of; says nothing
    std::vector<group_policy> groups;
    std::vector<integration_policy> integrations;
    std::vector<project_policy> projects;
};

std::string yaml_of(const policy_document&);

// usage: what is wrong, with file, line and column. Anything that is not known is wrong: a permission that is
// misspelt must not be one that is left out.
result<policy_document> policy_from(const std::string& text, const std::string& file);

}  // namespace latchkey::cli::remote
