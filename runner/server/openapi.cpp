// SPDX-License-Identifier: Apache-2.0
#include "runner/server/openapi.hpp"

#include "runner/server/route.hpp"

#include <cctype>

namespace latchkey::server {

namespace {

struct described_path {
    std::string path;  // "/workspaces/{workspace}"
    json parameters = json::array();
};

described_path describe(std::string_view pattern) {
    described_path d;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t end = std::min(pattern.find('/', at + 1), pattern.size());
        const std::string part(pattern.substr(at + 1, end - at - 1));
        if (part.starts_with(':')) {
            const std::string name = part.substr(1);
            d.path += "/{" + name + "}";
            d.parameters.push_back(
                {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
        } else {
            d.path += "/" + part;
        }
        at = end;
    }
    return d;
}

std::string lower(std::string_view text) {
    std::string out;
    for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// "GET /user/tokens/:token" → "get_user_tokens_token": unique, as the table's rows are.
std::string operation_id(const route& r) {
    std::string id = lower(r.method);
    for (const char c : r.path) {
        if (c == '/') id += '_';
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) id += c;
    }
    return id;
}

json problem(const std::string& what) {
    return {{"description", what},
            {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

json operation_of(const route& r) {
    json responses;
    const json object = {{"application/json", {{"schema", {{"type", "object"}}}}}};
    if (r.method == "DELETE")
        responses["204"] = {{"description", "Done"}};
    else
        responses[r.method == "POST" ? "201" : "200"] = {{"description", "Done"}, {"content", object}};
    responses["400"] = problem("The request can't be understood");
    if (r.right != right::anybody) {
        responses["401"] = problem("There is no valid token");
        responses["403"] = problem("The token lacks a scope, or the caller a right");
        responses["404"] = problem("It is not there, or the caller may not see it");
    }
    json op = {{"operationId", operation_id(r)},
               {"summary", r.title},
               {"description", "For " + std::string(to_string(r.right)) + "."},
               {"responses", std::move(responses)}};
    if (r.right == right::anybody) op["security"] = json::array();
    if (r.how.confirmed) op["x-needs-confirmed-session"] = true;
    if (r.needed != scope::none) op["x-required-scope"] = to_string(r.needed);
    if (r.method == "POST" || r.method == "PATCH" || r.method == "PUT")
        op["requestBody"] = {{"required", false}, {"content", object}};
    return op;
}

}  // namespace

json openapi_document(const std::string& base) {
    json paths = json::object();
    for (const route& r : routes()) {
        described_path d = describe(r.path);
        json& path = paths[d.path];
        if (!d.parameters.empty()) path["parameters"] = std::move(d.parameters);
        path[lower(r.method)] = operation_of(r);
    }
    const json message = {
        {"type", "object"}, {"required", {"message"}}, {"properties", {{"message", {{"type", "string"}}}}}};
    const json shape = {{"type", "object"},
                        {"required", {"errors"}},
                        {"properties", {{"errors", {{"type", "array"}, {"minItems", 1}, {"items", message}}}}}};
    return {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Latchkey"},
          {"version", "1"},
          {"description",
           "Buddy's REST API, and Latchkey's own below /latchkey/v1. Every address works below /api, "
           "too. Absent values are null."}}},
        {"servers", json::array({{{"url", base}}})},
        {"security", json::array({{{"bearer", json::array()}}, {{"session", json::array()}}})},
        {"paths", std::move(paths)},
        {"components",
         {{"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
            {"session",
             {{"type", "apiKey"},
              {"in", "cookie"},
              {"name", "latchkey_session"},
              {"description",
               "Begun by POST /latchkey/v1/session; over TLS its name begins with __Host-. What changes something "
               "needs the session's csrf_token as X-CSRF-Token."}}}}},
          {"schemas", {{"Problem", shape}}}}}};
}

}  // namespace latchkey::server
