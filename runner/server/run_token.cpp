// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_token.hpp"

#include "policy/decision.hpp"
#include "runner/run/definition.hpp"

namespace latchkey::server {

result<vault::secret> issue_token(store::stores& stores, identity::token_issuer* issuer,
                                  const store::run_record& known, int attempt, const std::string& audience,
                                  policy::time_point now) {
    if (issuer == nullptr) return failure(errc::engine, "this server issues no tokens for runs");
    // As it is now: somebody may have approved it since it began.
    auto run = stores.runs->run(known.id);
    if (!run) return run.error();
    if (run->source.trust != policy::source_trust::trusted) {
        auto facts = stores.runs->snapshot(run->pipeline, {});
        if (!facts) return facts.error();
        const policy::user_id by = run->source.fork_approved_by;
        if (!by.valid() || policy::access_to(*facts, by, run->pipeline) < policy::pipeline_level::read_write)
            return failure(errc::denied,
                           "the run is of a fork's pull request, which gets none until somebody who may "
                           "change the pipeline approves it");
    }
    if (attempt < 1 || static_cast<std::size_t>(attempt) > run->attempts.size())
        return failure(errc::not_found, "there is no such attempt");
    auto place = stores.outgoing->place_of(run->project);
    if (!place) return place.error();
    auto project = stores.people->project_with(place->workspace, run->project);
    if (!project) return project.error();
    auto actor = stores.runs->user(run->attempts[static_cast<std::size_t>(attempt) - 1].actor);
    if (!actor && actor.error().code != errc::not_found) return actor.error();
    identity::run_facts facts;
    facts.workspace = place->domain;
    facts.project = project->handle;
    facts.pipeline_id = run->pipeline.value();
    facts.pipeline = run->pipeline_name;
    facts.ref_type = run::name_of(run->source.ref.type);
    facts.ref = run->source.ref.name;
    facts.actor = actor ? actor->email : "";
    facts.run = run->number;
    facts.attempt = attempt;
    auto token = issuer->issue_run_token(facts, audience, now);
    if (!token) return token.error();
    return vault::secret(std::move(*token));
}

}  // namespace latchkey::server
