// SPDX-License-Identifier: Apache-2.0
//
// In what one integration differs from what a policy file says of it, in words and as the API takes it. Pure, no
// thread rule. Must not know the server.
#pragma once

#include "runner/cli/remote/fields.hpp"
#include "runner/cli/remote/policy_file.hpp"

namespace latchkey::cli::remote {

// "others DENIED → USE_ONLY", "bob@acme.test has MANAGE": all but its pipelines.
std::vector<std::string> changes_between(const integration_policy& has, const integration_policy& wants);

// Its name, rights and settings; no secret.
json body_of(const integration_policy&, const std::map<std::string, std::int64_t>& members,
             const std::map<std::string, std::int64_t>& groups);

// One pipeline's permissions: what is taken away (all of them at once), and what is given then.
struct pipeline_change {
    std::string pipeline;
    bool revoke = false;
    std::vector<allowed_pipeline> add;
    std::vector<std::string> lines;  // "+ web/deploy may use it", "- …"
};
// What has expired by `at` is not there.
std::vector<pipeline_change> pipelines_between(const std::set<allowed_pipeline>& has,
                                               const std::set<allowed_pipeline>& wants, policy::time_point at);

// Whether a person has to give secrets before there can be one, and how.
bool needs_secrets(const integration_policy&);
std::string command_that_adds(const integration_policy&);

}  // namespace latchkey::cli::remote
