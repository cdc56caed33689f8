// SPDX-License-Identifier: Apache-2.0
//
// Variables that the API keeps for a workspace, a project, a pipeline or an environment. Encrypted ones are sealed
// before they come here; their values are never in the clear. One method is one transaction; each that changes
// something judges in it whether `actor` may, and is audited, of values never what they are. Any thread may call;
// calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

enum class variable_level : unsigned char { workspace, project, pipeline, environment };

// Whose it is. Beyond its level nothing is set but `project` of a pipeline's, which the store fills in.
struct variable_owner {
    variable_level level = variable_level::workspace;
    policy::workspace_id workspace;
    policy::project_id project;
    policy::pipeline_id pipeline;
    policy::environment_id environment;
};

struct variable_record {
    policy::variable_id id;
    variable_owner owner;
    std::string key;  // unique at its owner
    std::string type = "VAR";
    std::string value;                          // empty where it is encrypted
    std::optional<vault::sealed_field> sealed;  // where it is
    bool encrypted = false;
    bool settable = false;
    std::string description;
    facts settings;  // the API's other fields: file_place, file_path, …
    policy::time_point created_at{};
    policy::time_point changed_at{};
};

class variables {
public:
    virtual ~variables() = default;
    // Called inside the transaction with the new number, which is part of what is sealed; must not call the store.
    using sealer = std::function<vault::sealed_field(policy::variable_id)>;
    // Sealed where `seal` is given. conflict: there is one of this key. Who may: administrators for the workspace,
    // who writes pipelines for the project, who may change the pipeline, who manages the environment.
    virtual result<variable_record> add(variable_record, const sealer& seal, policy::user_id actor) = 0;
    // What the server makes for itself, so nobody needs a right: the one of this key that is there, else this.
    virtual result<variable_record> add_once(variable_record, const sealer& seal) = 0;
    virtual result<variable_record> get(policy::workspace_id, policy::variable_id) = 0;
    // Of exactly that owner, by key.
    virtual result<std::vector<variable_record>> list(const variable_owner&) = 0;
    // Neither owner nor type. conflict: changed since `changed_at` was read, or the key is taken.
    virtual result<variable_record> edit(const variable_record&, policy::user_id actor, policy::time_point) = 0;
    virtual result<void> remove(policy::workspace_id, policy::variable_id, policy::user_id actor,
                                policy::time_point) = 0;
    // What a run of this pipeline gets: of its workspace, then its project, then its own, so that of two with one key
    // the later counts. Encrypted ones are still sealed (vault::open_value opens them).
    virtual result<std::vector<variable_record>> variables_for(policy::pipeline_id) = 0;
};

}  // namespace latchkey::store
