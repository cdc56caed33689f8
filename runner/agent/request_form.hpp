// SPDX-License-Identifier: Apache-2.0
//
// What a backend is asked to execute, as it goes to an agent: everything but the secrets as JSON, and the secrets
// apart from it as bytes that are sealed for the agent. Pure; any thread.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/json/parse.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::agent {

// Without its secrets: where one belongs stands its place among the values.
nlohmann::json form_of(const exec::request&);
// Its secrets in that order, and after them what its output must not show. To be sealed, and wiped.
std::string secrets_of(const exec::request&);

struct received_request {
    exec::request request;               // points into `values`
    std::deque<vault::secret> values;    // all that came
    std::vector<std::string_view> mask;  // what its output must not show: into `values`
};

// usage: it is no such form, or the secrets don't fit it.
result<received_request> request_from(const nlohmann::json& form, const vault::secret& opened);

// Text of any bytes in JSON and back.
nlohmann::json text_form(std::string_view);
result<std::string> text_from(const nlohmann::json&);
nlohmann::json pairs_form(const std::vector<std::pair<std::string, std::string>>&);
result<std::vector<std::pair<std::string, std::string>>> pairs_from(const nlohmann::json&);

}  // namespace latchkey::agent
