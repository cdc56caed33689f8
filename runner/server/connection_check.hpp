// SPDX-License-Identifier: Apache-2.0
//
// What a service is asked to learn whether it takes a credential, and what its answer means. Where it is asked is the
// catalogue's and the integration's own: whoever asks has no say in it. What the service writes is read here and told
// to nobody. Pure; any thread.
#pragma once

#include "pipelines/catalogue.hpp"
#include "runner/outgoing/send.hpp"
#include "runner/store/store.hpp"
#include "runner/vault/vault.hpp"

#include <optional>
#include <span>
#include <string>

namespace latchkey::server {

struct connection_question {
    outgoing::request request;
    std::string credential;  // of the request's header: a template over fields, still to be filled in
    std::string host;        // for messages
};

// refused: there is nothing to ask; why, in words for the reader. Opens nothing.
result<connection_question> question_of(const pipelines::integration_type&, const store::integration_record&);

// The header's value; empty: a field of it does not open.
vault::secret credential_of(const connection_question&, const store::facts& settings,
                            std::span<const vault::opened_field>);

struct connection_answer {
    bool good = false;
    std::string message;  // one sentence
};
connection_answer meaning_of(const pipelines::connection_check&, const std::string& host,
                             const result<outgoing::response>&);

// Whether this change of settings would have a credential that is kept shown to another host than it was given for.
bool leads_elsewhere(const pipelines::integration_type&, const store::facts& before, const store::facts& after);

}  // namespace latchkey::server
