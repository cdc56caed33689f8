// SPDX-License-Identifier: Apache-2.0
//
// The API as an OpenAPI 3.1 document, made from the route table: what is not in the table is not in the document, and
// the other way round. Pure; any thread.
#pragma once

#include "runner/server/input.hpp"

#include <string>

namespace latchkey::server {

json openapi_document(const std::string& base);

}  // namespace latchkey::server
