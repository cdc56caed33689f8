// SPDX-License-Identifier: Apache-2.0
// Ten thousand requests that are wrong in some way, made from the route table by a generator that is the same each
// time: each is answered with a 4xx in the one shape, and the server is as it was.
#include "runner/server/route.hpp"
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr int requests = 10'000;

struct wrong_request {
    std::string what;
    std::string method, target, body;
    std::map<std::string, std::string> headers;
};

class generator {
public:
    explicit generator(const api_world& world) : world_(world) {
        for (const server::route& r : server::routes()) {
            if (r.right == server::right::anybody) continue;
            all_.push_back(&r);
            // These two take no body, and so can't have a wrong one; and to whom a body is text, no text is wrong.
            const bool takes_body = r.method == "POST" || r.method == "PATCH" || r.method == "PUT";
            if (takes_body && !r.how.raw && !r.path.ends_with("able-sso")) writing_.push_back(&r);
        }
    }

    wrong_request next() {
        switch (random(9)) {
            case 0:
                return with_body("no JSON", broken_json());
            case 1:
                return with_body("deep", deep());
            case 2:
                return with_body("no object", not_an_object());
            case 3:
                return with_body("wrong types", wrong_types());
            case 4:
                return with_body("broken UTF-8", "{\"name\":\"" + junk(1 + random(40)) + "\xff\"}");
            case 5:
                return with_body("twice", R"({"name":"a","name":"b"})");
            case 6:
                return {"odd number", method(), odd_number(), "", {}};
            case 7:
                return {"odd path", method(), odd_path(), "", {}};
            default:
                return wrong_method();
        }
    }

private:
    std::size_t random(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(dice_); }
    template <class T>
    const T& one_of(const std::vector<T>& from) {
        return from[random(from.size())];
    }
    std::string junk(std::size_t size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(1 + random(255));
        return bytes;
    }
    std::string method() { return one_of(std::vector<std::string>{"GET", "POST", "PATCH", "DELETE", "PUT"}); }

    // There is one, where there can be one.
    std::string target_of(const server::route& r) {
        std::string target;
        const std::string path(r.path);
        for (std::size_t at = 0; at < path.size();) {
            const std::size_t end = std::min(path.find('/', at + 1), path.size());
            const std::string part = path.substr(at + 1, end - at - 1);
            if (part == ":workspace")
                target += "/acme";
            else if (part == ":project")
                target += "/web";
            else if (part == ":pipeline")
                target += "/" + std::to_string(world_.team.deploy.value());
            else if (part == ":integration")
                target += "/" + world_.team.slack.hash_id;
            else
                target += "/" + (part.starts_with(':') ? "1" : part);
            at = end;
        }
        return random(2) == 0 ? target : "/api" + target;
    }

    wrong_request with_body(std::string what, std::string body) {
        const server::route& r = *one_of(writing_);
        return {std::move(what), std::string(r.method), target_of(r), std::move(body), {}};
    }

    std::string broken_json() {
        const std::string whole =
            R"({"name":"a","list":[1,2,{"x":null}],"text":"\u00e9","number":-1.5e3,"yes":true})";
        switch (random(4)) {
            case 0:
                return whole.substr(0, 1 + random(whole.size() - 1));
            case 1: {
                std::string changed = whole;
                changed[random(changed.size() - 1)] = '\x01';
                return changed;
            }
            case 2:
                return whole + junk(1 + random(5)) + "}";
            default:
                return one_of(std::vector<std::string>{
                    "{]", "nul", "'a'", "{\"a\":1e999999}", "{\"a\":01}", "{\"a\":NaN}", "[1,]", "{\"a\" 1}",
                    "\"\\ud800\"", "{\"a\":\"\\x\"}", "--1", std::string("\0", 1), "{\"a\":1}{\"b\":2}"});
        }
    }
    std::string deep() {
        const std::size_t levels = 65 + random(20'000);
        switch (random(3)) {
            case 0:
                return std::string(levels, '[') + std::string(levels, ']');
            case 1:
                return std::string(levels, '[');
            default: {
                std::string body;
                for (std::size_t i = 0; i < levels; ++i) body += "{\"a\":";
                return body + "1" + std::string(levels, '}');
            }
        }
    }
    std::string not_an_object() {
        return one_of(std::vector<std::string>{"[]", "[{}]", "\"text\"", "1", "-1e10", "true", "false",
                                               "18446744073709551616", "[[[]]]"});
    }
    // Of every field that a handler may read, something that it can't be.
    std::string wrong_types() {
        static const std::vector<std::string> fields = {
            "name",           "title",       "content",     "email",        "domain",
            "display_name",   "key",         "target_url",  "events",       "id",
            "yaml",           "permissions", "operation",   "integrations", "scopes",
            "issuer",         "priority",    "settable",    "admin",        "status",
            "group",          "user",        "password",    "type",         "code",
            "token",          "value",       "owner_email", "to_revision",  "variables",
            "permission_set", "actions"};
        std::string body = "{";
        for (const std::string& field : fields) {
            const std::string wrong = one_of(std::vector<std::string>{
                "{\"a\":[1]}", "[[1]]", "[null,1]", "18446744073709551615", "-9223372036854775808", "1.5", "[true]",
                "{\"id\":{}}", "99999999999999999999999999"});
            body += (body.size() > 1 ? "," : "") + ("\"" + field + "\":" + wrong);
        }
        return body + "}";
    }
    std::string odd_number() {
        const std::string number =
            one_of(std::vector<std::string>{"-1", "0x10", "1e3", "99999999999999999999999999", "9223372036854775808",
                                            "+1", "1.0", "%31%30a", "%00", "١", "1%0a", "NaN", "1;drop", "' or 1=1"});
        std::string escaped;
        for (const char c : number)
            if (c == ' ' || c == '\'' || static_cast<unsigned char>(c) > 0x7e) {
                constexpr const char* hex = "0123456789ABCDEF";
                const auto byte = static_cast<unsigned char>(c);
                escaped += std::string("%") + hex[byte >> 4U] + hex[byte & 15U];
            } else {
                escaped += c;
            }
        const std::string below = one_of(std::vector<std::string>{
            "/workspaces/acme/members/", "/workspaces/acme/groups/", "/workspaces/acme/permissions/",
            "/workspaces/acme/projects/web/pipelines/", "/workspaces/acme/variables/", "/workspaces/acme/webhooks/",
            "/user/keys/", "/workspaces/acme/projects/web/members/"});
        return random(3) == 0 ? "/workspaces/acme/members?page=" + escaped + "&per_page=" + number_junk()
                              : below + escaped;
    }
    std::string number_junk() { return one_of(std::vector<std::string>{"0", "-5", "x", "1e9", "%20"}); }
    std::string odd_path() {
        switch (random(6)) {
            case 0:
                return "/" + std::string(1 + random(3), '/') + "workspaces/acme";
            case 1:
                return "/workspaces/../workspaces/acme%2f..%2f" + std::to_string(random(1000));
            case 2: {
                std::string path = "/workspaces/";
                for (std::size_t i = 0; i < 1 + random(20); ++i) path += static_cast<char>(0x80 + random(0x7f));
                return path;
            }
            case 3:
                return "/workspaces/" + std::string(5'000 + random(60'000), 'a');
            case 4:
                return "/workspaces/%" + one_of(std::vector<std::string>{"zz", "0", "", "u0041", "c3%28", "00"});
            default: {
                std::string path;
                for (std::size_t i = 0; i < 1 + random(200); ++i) path += "/" + std::string(1 + random(3), 'x');
                return path;
            }
        }
    }
    wrong_request wrong_method() {
        const std::string method =
            one_of(std::vector<std::string>{"PUT", "TRACE", "CONNECT", "BREW", "get", "PROPFIND", "LOCK", "X-Y"});
        return {"wrong method", method, target_of(*one_of(all_)), "", {}};
    }

    const api_world& world_;
    std::vector<const server::route*> all_;
    std::vector<const server::route*> writing_;
    std::mt19937 dice_{20260101};
};

}  // namespace

TEST_SUITE("server.malformed") {
    TEST_CASE("ten thousand malformed requests: 4xx and nothing else") {
        api_world world{api_world::executing{}};
        const std::string owner = world.token(world.team.owner);
        const auto revision = world.stores().runs->revision().value();
        generator made(world);
        std::map<std::string, int> statuses;
        for (int i = 0; i < requests; ++i) {
            const wrong_request r = made.next();
            const auto reply = world.ask_text(r.method, r.target, owner, r.body, r.headers);
            ++statuses[r.what + " " + std::to_string(reply.status)];
            if (reply.status >= 400 && reply.status < 500 && (reply.text.empty() || !reply.message().empty()))
                continue;
            CAPTURE(i);
            CAPTURE(r.what);
            CAPTURE(r.method);
            CAPTURE(r.target.substr(0, 300));
            CAPTURE(r.body.substr(0, 300));
            CAPTURE(reply.text.substr(0, 300));
            FAIL_CHECK("answered with ", reply.status);
        }
        for (const auto& [what, count] : statuses) MESSAGE(what, ": ", count);
        CHECK_EQ(world.ask("GET", "/user", owner).status, 200);
        // Nothing was changed by any of them.
        CHECK_EQ(world.stores().runs->revision().value(), revision);
    }
}
