// SPDX-License-Identifier: Apache-2.0
//
// All that a server keeps in one database: the store that local runs have too, and what teams need besides. The owner
// keeps them together; any thread may use each.
#pragma once

#include "runner/store/access_requests.hpp"
#include "runner/store/access_tokens.hpp"
#include "runner/store/accounts.hpp"
#include "runner/store/agents.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/environments.hpp"
#include "runner/store/moved_logs.hpp"
#include "runner/store/outbox.hpp"
#include "runner/store/sign_ins.hpp"
#include "runner/store/sign_on.hpp"
#include "runner/store/signing_keys.hpp"
#include "runner/store/store.hpp"
#include "runner/store/team_pipelines.hpp"
#include "runner/store/triggers.hpp"
#include "runner/store/variables.hpp"
#include "runner/store/webhooks.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace latchkey::store {

struct stores {
    std::unique_ptr<store> runs;
    std::unique_ptr<directory> people;
    std::unique_ptr<team_pipelines> pipelines;
    std::unique_ptr<access_tokens> tokens;
    std::unique_ptr<sign_ins> logins;
    std::unique_ptr<signing_keys> signing;
    std::unique_ptr<variables> values;
    std::unique_ptr<environments> places;
    std::unique_ptr<webhooks> hooks;
    std::unique_ptr<accounts> persons;
    std::unique_ptr<sign_on> sso;
    std::unique_ptr<agents> machines;
    // While what it gives is kept, all that this thread reads is of one moment; what the thread writes begins
    // another. To be let go on the same thread. May be empty.
    std::function<std::shared_ptr<void>()> one_moment;
    std::unique_ptr<latchkey::store::triggers> triggers;
    std::unique_ptr<access_requests> wishes;
    std::unique_ptr<outbox> outgoing;
    std::unique_ptr<moved_logs> logs_elsewhere;
    // A number that is another one after every committed change of whatever is kept here, by this process or another,
    // and is so before whoever made the change hears of it. Waits for nobody: none, where that can't be known at
    // once. What was read after a call stands as long as later calls give the same number. May be empty. Any thread.
    std::function<std::optional<std::int64_t>()> version;
};

}  // namespace latchkey::store
