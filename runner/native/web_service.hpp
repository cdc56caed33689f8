// SPDX-License-Identifier: Apache-2.0
//
// What the types that call a web service have in common: a request of JSON or of a form, whose answer's status says
// whether it went well. Private to this room. They block. One thread.
#pragma once

#include "runner/native/action.hpp"
#include "runner/native/http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::native {

// Says the request's host and the answer's status, and of a refusal its first lines; 0: a status below 400.
int send(const http_request&, std::ostream& out, std::string* body = nullptr);

// Says it; the exit code of wrong fields.
int wrong(std::ostream& out, const std::string& why);

// At most five lines and 500 bytes.
std::string first_lines(const std::string& body);

// POST.
http_request json_to(std::string url, const nlohmann::json& body);
http_request form_to(std::string url, const std::vector<std::pair<std::string, std::string>>& fields);

// For a part of a path, or of a form: all but letters, digits and -._~ as %XX.
std::string url_escaped(std::string_view text);

// The service's own address, or one on this machine that stands in for it: a variable of the pipeline must not send a
// credential anywhere else.
std::string base_of(const char* variable, const char* usual);

// Empty where it is not given.
std::string field_of(const integration&, const char* name);

}  // namespace latchkey::native
