// SPDX-License-Identifier: Apache-2.0
//
// decide(): may this pipeline, in this run, use this integration? Total and pure: it never fails, and
// everything that it does not know is a denial. A decision can only be made by decide(), so holding an
// allowing one is the key that vault::open() asks for.
// Value types, no thread rule. Rules: design §2 ("May a pipeline use an integration?").
#pragma once

#include "policy/snapshot.hpp"

#include <string_view>

namespace latchkey::policy {

// Where the code of a run comes from. A fork's pull request gets no integration unless a Manage holder approved the
// run.
enum class source_trust : unsigned char { trusted, fork };

struct use_request {
    decision_id id;
    pipeline_id pipeline;
    integration_id integration;
    run_id run;
    policy::ref ref;
    source_trust source = source_trust::fork;  // fails closed: the caller must say trusted
    user_id fork_approved_by;                  // valid: this user approved this run of a fork
    time_point now{};
};

// The rule that settled it. The first denial in the order of the enumerators is the one reported.
enum class verdict : unsigned char {
    allowed_all_pipelines,  // (b) all pipelines are allowed
    allowed_by_grant,       // (b) the named grant allows it
    unknown_integration,
    unknown_pipeline,
    other_project,     // (a) PROJECT scope of another project
    not_granted,       // (b) no grant for this pipeline
    grant_expired,     // (b) the best grant has ended
    grant_other_ref,   // (b) the grant's ref pattern does not match
    grant_other_run,   // (b) the grant was for another run only
    untrusted_source,  // (c) a fork's run that nobody with Manage approved
};

std::string_view to_string(verdict);  // the enumerator's name, for logs and JSON

class decision {
public:
    bool allowed() const { return verdict_ <= verdict::allowed_by_grant; }
    policy::verdict verdict() const { return verdict_; }
    decision_id id() const { return id_; }
    policy::revision revision() const { return revision_; }
    integration_id integration() const { return integration_; }
    pipeline_id pipeline() const { return pipeline_; }
    run_id run() const { return run_; }
    // The grant that allowed it, or the one that came nearest (expired, other ref, other run); else invalid.
    grant_id grant() const { return grant_; }

private:
    friend decision decide(const snapshot&, const use_request&);
    decision() = default;
    policy::verdict verdict_ = policy::verdict::unknown_integration;
    decision_id id_;
    policy::revision revision_;
    integration_id integration_;
    pipeline_id pipeline_;
    run_id run_;
    grant_id grant_;
};

decision decide(const snapshot&, const use_request&);

// The level of a user on an integration, first rule that applies (design §2). Unknown user or integration: denied.
level level_of(const snapshot&, user_id, integration_id);

// Whether the user may edit it and set its permissions: Manage. Whether they may delete it: Manage, and
// administrators with Delete-only or more. Whether they may take a grant away: whoever has Use, as who may give it
// (design §2, table).
bool may_edit(const snapshot&, user_id, integration_id);
bool may_delete(const snapshot&, user_id, integration_id);
bool may_revoke(const snapshot&, user_id, integration_id);

// Whether the user may know that the integration exists (design §2, column "sees it").
bool may_see(const snapshot&, user_id, integration_id);

// What the user may do with the pipeline: own row exactly, else the highest group row, else `others`;
// project_role falls through to the project; owner and administrators have read_write.
pipeline_level access_to(const snapshot&, user_id, pipeline_id);

}  // namespace latchkey::policy
