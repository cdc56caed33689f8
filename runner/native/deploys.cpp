// SPDX-License-Identifier: Apache-2.0
//
// Telling services of a deployment: SENTRY, ROLLBAR, HONEYBADGER, RAYGUN, DATADOG, DATADOG_STATUS_CHECK, LOGGLY; and
// GHOST_INSPECTOR, which tests what was deployed.
#include "runner/native/action.hpp"
#include "runner/native/types.hpp"
#include "runner/native/web_service.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace latchkey::native {

namespace {

using nlohmann::json;
using names = std::initializer_list<std::pair<const char*, const char*>>;

// What the action gives, by the service's name for it.
void add_given(const action& a, json& to, names keys) {
    for (const auto& [theirs, ours] : keys)
        if (const std::string text = a.text(ours); !text.empty()) to[theirs] = text;
}

std::string commit_of(const action& a) {
    return a.variable("BUDDY_RUN_COMMIT");
}

// The action's own, else the integration's.
std::string token_of(const action& a, const char* type) {
    if (const std::string own = a.text("token"); !own.empty()) return own;
    const integration* of_type = a.of(type);
    return of_type == nullptr ? std::string() : field_of(*of_type, "token");
}

std::string host_without_port(const std::string& url) {
    const std::string host = host_of(url);
    return host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
}

std::string without_end_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

// Where an API key of that region is valid; empty: there is no such region.
std::string datadog_host(const std::string& region) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> hosts = {
        {{"", "api.datadoghq.com"},
         {"US1", "api.datadoghq.com"},
         {"US3", "api.us3.datadoghq.com"},
         {"US5", "api.us5.datadoghq.com"},
         {"EU1", "api.datadoghq.eu"},
         {"AP1", "api.ap1.datadoghq.com"},
         {"US1_FED", "api.ddog-gov.com"}}};
    const auto at = std::ranges::find(hosts, region, &std::pair<std::string_view, std::string_view>::first);
    return at == hosts.end() ? std::string() : std::string(at->second);
}

int to_datadog(const action& a, const char* path, const json& body, std::ostream& out) {
    const integration* datadog = a.of("DATADOG");
    if (datadog == nullptr) return wrong(out, "no Datadog integration is named: add the key integration");
    const std::string host = datadog_host(a.text("region"));
    if (host.empty())
        return wrong(out, "`region` is not one of US1, US3, US5, EU1, AP1 and US1_FED: " + a.text("region"));
    http_request r = json_to(base_of("LATCHKEY_DATADOG_API", ("https://" + host).c_str()) + path, body);
    r.headers.emplace_back("DD-API-KEY", field_of(*datadog, "token"));
    return send(r, out);
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

}  // namespace

int sentry(const action& a, std::ostream& out) {
    const integration* hosted = a.of("SENTRY");
    const integration* own = a.of("SENTRY_ENTERPRISE");
    if (hosted == nullptr && own == nullptr)
        return wrong(out, "no Sentry integration is named: add the key integration");
    std::string server = base_of("LATCHKEY_SENTRY_API", "https://sentry.io");
    if (hosted == nullptr) server = without_end_slash(field_of(*own, "url"));
    if (server.empty()) return wrong(out, "the Sentry integration has no url: give it its server's address");
    if (!server.starts_with("https://") && !is_loopback(host_without_port(server)))
        return wrong(out, "the Sentry integration's url is not https: its token is not sent without TLS");
    const auto ask = [&](const std::string& path, const json& body) {
        http_request r =
            json_to(server + "/api/0/organizations/" + url_escaped(a.text("organization_slug")) + path, body);
        r.headers.emplace_back("Authorization", "Bearer " + field_of(hosted != nullptr ? *hosted : *own, "token"));
        return send(r, out);
    };
    const std::string version = a.text("version");
    if (version.empty() || a.text("organization_slug").empty() || a.list("projects").empty())
        return wrong(out, "`version`, `organization_slug` and `projects` say what was released: one is empty");
    json release = {{"version", version}, {"projects", a.list("projects")}};
    add_given(a, release, {{"url", "release_url"}});
    if (const std::string repository = a.text("repository"); !repository.empty()) {
        if (commit_of(a).empty()) return wrong(out, "`repository` needs a commit, and this run has none");
        release["refs"] = json::array({{{"repository", repository}, {"commit", commit_of(a)}}});
    }
    // One that is there already is well: its answer is 208.
    if (const int code = ask("/releases/", release); code != 0) return code;
    json deploy = json::object();
    add_given(a, deploy, {{"environment", "environment"}, {"url", "deploy_url"}});
    return ask("/releases/" + url_escaped(version) + "/deploys/", deploy);
}

// The token is a project's: application_id and token_name are what it is picked by where people choose it from a
// list.
int rollbar(const action& a, std::ostream& out) {
    const std::string token = token_of(a, "ROLLBAR");
    if (token.empty())
        return wrong(out, "`token` is empty: give the project's access token of scope post_server_item");
    json deploy = {{"revision", commit_of(a).empty() ? "unknown" : commit_of(a)}, {"status", "succeeded"}};
    add_given(a, deploy,
              {{"environment", "environment"},
               {"local_username", "user"},
               {"rollbar_username", "rollbar_username"},
               {"comment", "comment"}});
    http_request r = json_to(base_of("LATCHKEY_ROLLBAR_API", "https://api.rollbar.com") + "/api/1/deploy", deploy);
    r.headers.emplace_back("X-Rollbar-Access-Token", token);
    return send(r, out);
}

int honeybadger(const action& a, std::ostream& out) {
    const std::string token = token_of(a, "HONEYBADGER");
    if (token.empty()) return wrong(out, "`token` is empty: give the project's API key");
    std::vector<std::pair<std::string, std::string>> fields = {{"api_key", token},
                                                               {"deploy[environment]", a.text("environment")}};
    if (!commit_of(a).empty()) fields.emplace_back("deploy[revision]", commit_of(a));
    if (const std::string who = a.variable("BUDDY_TRIGGERING_ACTOR_NAME"); !who.empty())
        fields.emplace_back("deploy[local_username]", who);
    return send(form_to(base_of("LATCHKEY_HONEYBADGER_API", "https://api.honeybadger.io") + "/v1/deploys", fields),
                out);
}

// The address takes the token in its query; it is masked, and no message names more than the host.
int raygun(const action& a, std::ostream& out) {
    if (a.text("token").empty() || a.text("device").empty())
        return wrong(out,
                     "`token` is the account's access token and `device` the application's API key: one is empty");
    json deploy = {{"apiKey", a.text("device")}, {"createdAt", a.variable("BUDDY_RUN_START_DATE")}};
    if (a.variable("BUDDY_RUN_START_DATE").empty()) deploy.erase("createdAt");
    add_given(a, deploy,
              {{"version", "version"}, {"ownerName", "user"}, {"emailAddress", "email"}, {"comment", "comment"}});
    if (!commit_of(a).empty()) deploy["scmIdentifier"] = commit_of(a);
    return send(json_to(base_of("LATCHKEY_RAYGUN_API", "https://app.raygun.com") +
                            "/deployments?authToken=" + url_escaped(a.text("token")),
                        deploy),
                out);
}

int datadog(const action& a, std::ostream& out) {
    json event = {{"alert_type", lower(a.text("alert_type"))}, {"text", a.text("content")}};
    add_given(a, event, {{"title", "title"}, {"aggregation_key", "aggregation_key"}, {"host", "host"}});
    // It takes no event without a title.
    if (!event.contains("title"))
        event["title"] = a.variable("BUDDY_PIPELINE_NAME") + " #" + a.variable("BUDDY_RUN_ID");
    if (const auto tags = a.list("tags"); !tags.empty()) event["tags"] = tags;
    return to_datadog(a, "/api/v1/events", event, out);
}

int datadog_status_check(const action& a, std::ostream& out) {
    const int status = a.number("status", 0);
    if (status < 0 || status > 3)
        return wrong(out, "`status` is not 0 (well), 1 (warning), 2 (critical) or 3 (unknown)");
    json check = {{"status", status}, {"tags", json::array()}};
    add_given(a, check, {{"check", "check"}, {"host_name", "host_name"}, {"message", "message"}});
    if (!check.contains("check")) return wrong(out, "`check` is empty: give the check's name");
    return to_datadog(a, "/api/v1/check_run", check, out);
}

int loggly(const action& a, std::ostream& out) {
    const integration* loggly = a.of("LOGGLY");
    if (loggly == nullptr) return wrong(out, "no Loggly integration is named: add the key integration");
    std::string tags;
    for (const std::string& tag : a.list("tags")) tags += (tags.empty() ? "" : ",") + url_escaped(tag);
    http_request r;
    r.method = "POST";
    r.url = base_of("LATCHKEY_LOGGLY_API", "https://logs-01.loggly.com") + "/inputs/" +
            url_escaped(field_of(*loggly, "token")) + "/tag/" + (tags.empty() ? "http" : tags) + "/";
    r.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    r.body = a.text("content");
    if (r.body.empty()) return wrong(out, "`content` is empty: say what is logged");
    return send(r, out);
}

int ghost_inspector(const action& a, std::ostream& out) {
    const integration* inspector = a.of("GHOST_INSPECTOR");
    if (inspector == nullptr) return wrong(out, "no Ghost Inspector integration is named: add the key integration");
    const bool suite = !a.text("suite_id").empty();
    const std::string id = a.text(suite ? "suite_id" : "folder_id");
    if (id.empty()) return wrong(out, "give `suite_id`, or `folder_id`: one says what is tested");
    json asked = {{"apiKey", field_of(*inspector, "token")}};
    add_given(a, asked,
              {{"startUrl", "start_url"},
               {"browser", "browser"},
               {"region", "region"},
               {"viewport", "viewport"},
               {"userAgent", "user_agent"},
               {"slackChannel", "channel"},
               {"httpAuthUsername", "user"},
               {"httpAuthPassword", "password"}});
    if (a.flag("disable_notifications")) asked["disableNotifications"] = 1;
    if (a.flag("immediate")) asked["immediate"] = 1;
    http_request r = json_to(base_of("LATCHKEY_GHOST_INSPECTOR_API", "https://api.ghostinspector.com") +
                                 (suite ? "/v1/suites/" : "/v1/folders/") + url_escaped(id) + "/execute/",
                             asked);
    r.seconds = 3600;  // it answers when its tests have ended; the action's own timeout still holds
    std::string body;
    if (const int code = send(r, out, &body); code != 0) return code;
    if (a.flag("immediate")) return 0;
    const json said = json::parse(body, nullptr, false);
    // Of a suite its tests; of a folder a list of tests for each of its suites.
    std::vector<json> results;
    const auto collect = [&results](const auto& self, const json& node) -> void {
        if (node.is_array())
            for (const json& one : node) self(self, one);
        else if (node.is_object())
            results.push_back(node);
    };
    if (said.is_object() && said.contains("data")) collect(collect, said["data"]);
    if (results.empty()) return wrong(out, "the answer names no test: nothing was tested");
    std::size_t failed = 0;
    for (const json& one : results) {
        const bool passed = one.contains("passing") && one["passing"].is_boolean() && one["passing"].get<bool>();
        if (passed) continue;
        ++failed;
        const auto name = one.find("name");
        out << "failed: " << (name != one.end() && name->is_string() ? name->get<std::string>() : "a test") << "\n";
    }
    out << results.size() << (results.size() == 1 ? " test, " : " tests, ") << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}

}  // namespace latchkey::native
