// SPDX-License-Identifier: Apache-2.0
//
// What commands print with --json: each function gives one document on one line. The only user of the JSON library.
// Bytes that are no UTF-8 are replaced. Pure functions, no thread rule.
#pragma once

#include "pipelines/diagnostic.hpp"
#include "pipelines/plan.hpp"
#include "policy/explain.hpp"
#include "runner/run/service.hpp"
#include "runner/store/store.hpp"

#include <string>
#include <vector>

namespace latchkey::cli {

std::string json_of_plan_start(const store::run_record&, int attempt, const std::vector<std::string>& actions);
std::string json_of_event(const run::event&, const std::vector<std::string>& actions);
std::string json_of_outcome(const run::finished_attempt&, int exit_code);
// `tests`: by run, the summary of its reports of tests; empty: it has none.
std::string json_of_runs(const std::vector<store::run_record>&, const std::vector<std::string>& tests);
std::string json_of_diagnostics(const pipelines::source&, const pipelines::diagnostics&);
std::string json_of_integrations(const std::vector<store::integration_record>&);
std::string json_of_audit_entry(const policy::audit_entry&);

struct planned_use {
    std::string action;
    std::string reference;
    pipelines::position where;
    std::string name;  // of the integration; empty: there is none
    bool allowed = false;
    std::string reason;
};
struct replaced_image {
    std::string action;
    std::string image;     // as the action names it
    std::string stand_in;  // what runs in its place
};
std::string json_of_plan(const pipelines::plan&, const std::vector<planned_use>&, const std::vector<replaced_image>&);

struct explained {
    std::string pipeline;
    std::string integration;
    policy::explanation explanation;
    std::vector<run::able_to_grant> can_grant;
};
std::string json_of_explanation(const explained&);

}  // namespace latchkey::cli
