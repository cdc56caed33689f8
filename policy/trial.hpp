// SPDX-License-Identifier: Apache-2.0
//
// The other kind of decision: may this person have an integration's credential tried, that is, shown by the server to
// the integration's own service and to nobody else? Total and pure, as decide() for runs is; only decide() makes one,
// and an allowing one opens the credential for this alone.
// Value types, no thread rule.
#pragma once

#include "policy/decision.hpp"

namespace latchkey::policy {

struct trial_request {
    decision_id id;
    user_id user;
    integration_id integration;
};

enum class trial_verdict : unsigned char {
    allowed_by_level,
    unknown_integration,  // also for one that the asker may not see: existence is a secret
    level_too_low,        // less than Use
};

std::string_view to_string(trial_verdict);  // the enumerator's name, for logs and JSON

class trial {
public:
    bool allowed() const { return verdict_ == trial_verdict::allowed_by_level; }
    trial_verdict verdict() const { return verdict_; }
    decision_id id() const { return id_; }
    policy::revision revision() const { return revision_; }
    integration_id integration() const { return integration_; }
    user_id user() const { return user_; }

private:
    friend trial decide(const snapshot&, const trial_request&);
    trial() = default;
    trial_verdict verdict_ = trial_verdict::unknown_integration;
    decision_id id_;
    policy::revision revision_;
    integration_id integration_;
    user_id user_;
};

trial decide(const snapshot&, const trial_request&);

}  // namespace latchkey::policy
