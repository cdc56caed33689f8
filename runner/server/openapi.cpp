// SPDX-License-Identifier: Apache-2.0
#include "runner/server/openapi.hpp"

#include "runner/server/route.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace latchkey::server {

namespace {

struct described_path {
    std::string path;  // "/workspaces/{workspace}"
    json parameters = json::array();
};

// Numbers in addresses, and names that have a form of their own.
json schema_of_place(std::string_view name) {
    constexpr std::string_view numbers[] = {"pipeline", "execution", "member", "group",  "set",
                                            "variable", "webhook",   "key",    "request"};
    if (std::ranges::find(numbers, name) != std::end(numbers))
        return {{"type", "integer"}, {"format", "int64"}, {"minimum", 1}};
    return {{"type", "string"}, {"minLength", 1}};
}

described_path describe(std::string_view pattern) {
    described_path d;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t end = std::min(pattern.find('/', at + 1), pattern.size());
        const std::string part(pattern.substr(at + 1, end - at - 1));
        if (part.starts_with(':')) {
            // All that follows can't be said in OpenAPI: a slash in it is escaped there.
            const std::string name = part.substr(1, part.size() - (part.ends_with('*') ? 2 : 1));
            d.path += "/{" + name + "}";
            d.parameters.push_back(
                {{"name", name}, {"in", "path"}, {"required", true}, {"schema", schema_of_place(name)}});
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

json reference(const std::string& kind, const std::string& name) {
    return {{"$ref", "#/components/" + kind + "/" + name}};
}

json content(const std::string& type, json schema) {
    return {{type, {{"schema", std::move(schema)}}}};
}

// An address that one can both read and add to is a list, but for the session, which is one's own, and a
// repository.
bool is_list(const route& r) {
    return r.method == "GET" && !r.path.ends_with("/session") && !r.path.ends_with("/repository/contents") &&
           std::ranges::any_of(routes(),
                               [&](const route& other) { return other.method == "POST" && other.path == r.path; });
}

json responses_of(const route& r) {
    json all;
    if (r.gives == gives::nothing || r.method == "DELETE")
        all["204"] = {{"description", "Done"}};
    else if (r.gives == gives::events)
        all["200"] = {{"description", "Server-sent events"},
                      {"content", content("text/event-stream", {{"type", "string"}})}};
    else if (r.gives == gives::text)
        all["200"] = {{"description", "The text"}, {"content", content("text/plain", {{"type", "string"}})}};
    else if (r.gives == gives::picture)
        all["200"] = {{"description", "The picture"}, {"content", content("image/svg+xml", {{"type", "string"}})}};
    else
        all[r.method == "POST" ? "201" : "200"] = {
            {"description", "Done"},
            {"content", content("application/json", reference("schemas", is_list(r) ? "List" : "Object"))}};
    all["400"] = reference("responses", "NotUnderstood");
    if (r.right != right::anybody) {
        all["401"] = reference("responses", "NoToken");
        all["403"] = reference("responses", "NotAllowed");
    }
    if (r.path.find(':') != std::string_view::npos) all["404"] = reference("responses", "NotThere");
    const bool changes = r.method != "GET";
    if (changes) {
        all["409"] = reference("responses", "Conflict");
        all["422"] = reference("responses", "Refused");
    }
    if (r.method == "PATCH") all["412"] = reference("responses", "ChangedSince");
    all["429"] = reference("responses", "TooMany");
    all["default"] = reference("responses", "Failed");
    return all;
}

json operation_of(const route& r) {
    json op = {{"operationId", operation_id(r)},
               {"summary", r.title},
               {"description", "For " + std::string(to_string(r.right)) + "."},
               {"responses", responses_of(r)}};
    if (r.right == right::anybody || r.right == right::agent) op["security"] = json::array();
    if (r.how.confirmed) op["x-needs-confirmed-session"] = true;
    if (r.needed != scope::none) op["x-required-scope"] = to_string(r.needed);
    json parameters = json::array();
    if (is_list(r))
        for (const char* name : {"Page", "PerPage", "SortBy", "SortDirection"})
            parameters.push_back(reference("parameters", name));
    if (r.method == "PATCH") parameters.push_back(reference("parameters", "IfMatch"));
    if (r.path.ends_with("/badge.svg")) parameters.push_back(reference("parameters", "Token"));
    if (!parameters.empty()) op["parameters"] = std::move(parameters);
    if (r.gives != gives::nothing && (r.method == "POST" || r.method == "PATCH" || r.method == "PUT"))
        op["requestBody"] = {{"required", false},
                             {"content", content("application/json", reference("schemas", "Input"))}};
    return op;
}

json query(const char* name, const char* what, json schema) {
    return {
        {"name", name}, {"in", "query"}, {"required", false}, {"description", what}, {"schema", std::move(schema)}};
}

json parameters() {
    const json number = {{"type", "integer"}, {"minimum", 1}, {"maximum", 1'000'000}};
    json page = number;
    json per_page = number;
    page["default"] = 1;
    per_page["default"] = 20;
    return {{"Page", query("page", "Which part of the list, from 1; beyond its end it is empty", page)},
            {"PerPage", query("per_page", "How many at once; 1000 at most are given", per_page)},
            {"SortBy", query("sort_by", "The field to sort by", {{"type", "string"}})},
            {"SortDirection", query("sort_direction", "Its direction",
                                    {{"type", "string"}, {"enum", {"ASC", "DESC"}}, {"default", "ASC"}})},
            {"Token", query("token", "The badge's own token", {{"type", "string"}})},
            {"IfMatch",
             {{"name", "If-Match"},
              {"in", "header"},
              {"required", false},
              {"description", "The ETag that the change is made to: 412 where it is another one by now"},
              {"schema", {{"type", "string"}}}}}};
}

json responses() {
    const auto problem = [](const char* what) -> json {
        return {{"description", what}, {"content", content("application/json", reference("schemas", "Problem"))}};
    };
    json too_many = problem("The rate limit is exceeded");
    for (const char* name : {"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"})
        too_many["headers"][name] = {{"schema", {{"type", "integer"}}}};
    return {{"NotUnderstood", problem("The request can't be understood")},
            {"NoToken", problem("There is no valid token")},
            {"NotAllowed", problem("The token lacks a scope, or the caller a right")},
            {"NotThere", problem("It is not there, or the caller may not see it")},
            {"Conflict", problem("Something else has that name, or was faster")},
            {"ChangedSince", problem("It was changed since the If-Match was read")},
            {"Refused", problem("It is understood, and can't be done")},
            {"TooMany", too_many},
            {"Failed", problem("The server could not do it; its log says why")}};
}

json schemas() {
    const json message = {
        {"type", "object"}, {"required", {"message"}}, {"properties", {{"message", {{"type", "string"}}}}}};
    const json address = {{"type", {"string", "null"}}};
    return {
        {"Problem",
         {{"type", "object"},
          {"required", {"errors"}},
          {"properties", {{"errors", {{"type", "array"}, {"minItems", 1}, {"items", message}}}}}}},
        {"Object",
         {{"type", "object"},
          {"description", "Fields that have no value are null"},
          {"properties", {{"url", address}, {"html_url", address}}}}},
        {"List",
         {{"type", "object"},
          {"description", "The items stand under the list's own name"},
          {"properties", {{"url", address}, {"html_url", address}}},
          {"additionalProperties", true}}},
        {"Input",
         {{"type", "object"}, {"description", "null is as if it were not there"}, {"additionalProperties", true}}}};
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
          {"parameters", parameters()},
          {"responses", responses()},
          {"schemas", schemas()}}}};
}

}  // namespace latchkey::server
