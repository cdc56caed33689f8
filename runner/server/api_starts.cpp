// SPDX-License-Identifier: Apache-2.0
// The address of a pipeline's WEBHOOK event: who has it starts the pipeline, with a one-time password where that is
// asked for.
#include "runner/server/event_runs.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/sessions.hpp"
#include "runner/triggers/event_filter.hpp"
#include "runner/triggers/totp.hpp"
#include "runner/vault/token.hpp"

#include <optional>

namespace latchkey::server {

namespace {

// The WEBHOOK event among those of a pipeline.
std::optional<pipelines::event> webhook_event(const store::team_pipeline_record& p) {
    const auto rules = triggers::rules_of_settings(setting_of(p.settings, "events").dump(), "[]");
    if (!rules) return std::nullopt;
    for (const pipelines::event& e : rules->events)
        if (e.type == pipelines::event_type::webhook) return e;
    return std::nullopt;
}

std::string password_name(policy::pipeline_id pipeline) {
    return "pipeline " + std::to_string(pipeline.value()) + " one-time password";
}

// One answer for a token that nobody has and a pipeline that has no such event (any more).
failure no_such_address() {
    return {errc::not_found, "there is no pipeline at this address"};
}

result<void> check_password(const call& c, const store::pipeline_start_record& start, const std::string& code) {
    if (code.empty())
        return failure(errc::denied, "this pipeline asks for a one-time password: send it as X-Latchkey-TOTP");
    vault::sealed_field sealed = *start.password;
    sealed.name = password_name(start.pipeline);
    auto key = c.server.vault.open_own(sealed);
    if (!key) return key.error();
    auto step = triggers::check_totp(*key, code, std::chrono::floor<std::chrono::seconds>(c.now()), start.last_step);
    if (!step && step.error().code == errc::denied) c.server.wrong_codes->take(start.hash, c.now());
    if (!step) return step.error();
    auto taken = c.server.stores.triggers->take_step(start.pipeline, *step);
    // Two at once: one of them has it.
    if (!taken && taken.error().code == errc::conflict) return failure(errc::denied, taken.error().what);
    return taken;
}

}  // namespace

result<answer> make_start_address(call& c) {
    const auto event = webhook_event(*c.pipeline);
    if (!event) return failure(errc::usage, "the pipeline has no WEBHOOK event: add one to its `events`");
    std::string token = vault::new_token();
    store::pipeline_start_record record;
    record.workspace = c.workspace->id;
    record.project = c.project->id;
    record.pipeline = c.pipeline->rights.id;
    record.hash = vault::hash_of_token(token);
    record.made_by = c.actor();
    record.made_at = c.now();
    json body{{"address", c.base + "/latchkey/v1/start/" + token}};  // this once
    if (event->totp) {
        const vault::secret key = triggers::new_totp_secret();
        record.password = c.server.vault.seal_own(password_name(record.pipeline), 1, key);
        body["totp_secret"] = key.reveal();
        body["totp_address"] = triggers::totp_address(key, c.project->handle + " " + c.pipeline->name).reveal();
    }
    if (auto put = c.server.stores.triggers->put_start(record); !put) return put.error();
    return answer{201, std::move(body), {}};
}

result<answer> remove_start_address(call& c) {
    auto gone = c.server.stores.triggers->remove_start(c.workspace->id, c.pipeline->rights.id, c.actor(), c.now());
    if (!gone) return gone.error();
    return answer{204, {}, {}};
}

result<answer> start_by_address(call& c) {
    auto start = c.server.stores.triggers->start_by_hash(vault::hash_of_token(c.at.find("token")->second));
    if (!start) return start.error().code == errc::not_found ? no_such_address() : start.error();
    auto pipeline = c.server.stores.pipelines->get(start->project, start->pipeline);
    if (!pipeline) return pipeline.error().code == errc::not_found ? no_such_address() : pipeline.error();
    const auto event = webhook_event(*pipeline);
    if (!event || c.server.runs == nullptr) return no_such_address();
    if (event->totp && !start->password)
        return failure(errc::refused, "this address was made without a one-time password: make it anew");
    // Each guess is right once in 300,000, and a run costs more than the call that starts it.
    for (const auto& standing :
         {c.server.wrong_codes->look(start->hash, c.now()), c.server.starts_by_address->look(start->hash, c.now())})
        if (!standing.allowed) return too_many(standing, c.now());
    if (start->password) {
        const std::string* code = c.request.header("X-Latchkey-TOTP");
        if (auto fine = check_password(c, *start, code == nullptr ? "" : *code); !fine) return fine.error();
    }
    // Counted once it is known to be let in.
    if (const auto standing = c.server.starts_by_address->take(start->hash, c.now()); !standing.allowed)
        return too_many(standing, c.now());
    const event_runs runs(c.server.stores, *c.server.runs, c.server.clock, c.server.log);
    auto made = runs.start_called(*start, std::move(*pipeline));
    if (!made) return made.error();
    return answer{202, {{"started", true}}, {}};
}

}  // namespace latchkey::server
