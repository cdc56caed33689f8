// SPDX-License-Identifier: Apache-2.0
//
// An immutable set of facts at one policy revision, indexed for look-up in constant time. It may be the
// whole world (a server) or only the slice that one decision needs (a local run): a fact that is not in
// it does not exist, and what does not exist is denied.
// Made by snapshot_builder; read by any number of threads at once.
#pragma once

#include "policy/model.hpp"

#include <memory>
#include <span>

namespace latchkey::policy {

class snapshot {
public:
    snapshot(snapshot&&) noexcept;
    snapshot& operator=(snapshot&&) noexcept;
    ~snapshot();

    policy::revision revision() const;
    // Each returns nullptr for what is not in the snapshot.
    const policy::integration* find(integration_id) const;
    const policy::pipeline* find(pipeline_id) const;
    const policy::user* find(user_id) const;
    // All grants of this pair, in the order of their ids.
    std::span<const grant> grants(integration_id, pipeline_id) const;
    // The role of a user in a project by rule (2)-(3) of the design: own row exactly, else the highest group row.
    pipeline_level project_access(project_id, const user&) const;
    std::span<const user> users() const;

    struct tables;  // snapshot_tables.hpp, for decide()
    const tables& internals() const { return *tables_; }

private:
    friend class snapshot_builder;
    explicit snapshot(std::unique_ptr<const tables>);
    std::unique_ptr<const tables> tables_;
};

// Collects facts in any order; the order changes no decision. A fact added twice by id: the last one stands.
class snapshot_builder {
public:
    explicit snapshot_builder(policy::revision);
    ~snapshot_builder();
    snapshot_builder& add(integration);
    snapshot_builder& add(pipeline);
    snapshot_builder& add(user);
    snapshot_builder& add(grant);
    snapshot_builder& add(project_member);
    snapshot build() &&;

private:
    struct collected;
    std::unique_ptr<collected> collected_;
};

}  // namespace latchkey::policy
