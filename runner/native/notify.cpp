// SPDX-License-Identifier: Apache-2.0
//
// Requests and messages: HTTP, WEB, SLACK, DISCORD, MICROSOFT_TEAMS, TELEGRAM, PUSHOVER, PUSHBULLET, BUGSNAG.
#include "runner/native/action.hpp"
#include "runner/native/http.hpp"
#include "runner/native/types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace latchkey::native {

namespace {

using nlohmann::json;

std::string dump(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string first_lines(const std::string& body) {
    std::string text = body.substr(0, 500);
    std::size_t line_end = 0;
    for (int i = 0; i < 5 && line_end != std::string::npos; ++i) line_end = text.find('\n', line_end + 1);
    return text.substr(0, line_end);
}

// The answer's status says whether it went well.
int send(const http_request& r, std::ostream& out, std::string* body = nullptr) {
    auto answer = exchange(r);
    if (!answer) {
        out << answer.error().what << "\n";
        return 1;
    }
    out << r.method << " " << host_of(r.url) << ": status " << answer->status << "\n";
    if (body != nullptr) *body = answer->body;
    if (answer->status < 400) return 0;
    if (const std::string words = first_lines(answer->body); !words.empty()) out << words << "\n";
    return 1;
}

int wrong(std::ostream& out, const std::string& why) {
    out << why << "\n";
    return 2;
}

http_request json_to(std::string url, const json& body) {
    return {"POST", std::move(url), {{"Content-Type", "application/json; charset=utf-8"}}, dump(body), "", "", 0};
}

// The service's own address, or one on this machine that stands in for it: a variable of the pipeline must not send a
// credential anywhere else.
std::string base_of(const char* variable, const char* usual) {
    const char* set = std::getenv(variable);
    return set != nullptr && std::string_view(set).starts_with("http://127.0.0.1:") ? set : usual;
}

http_request as_written(const action& a, std::string url) {
    http_request r;
    r.url = std::move(url);
    r.user = a.text("login");
    r.password = a.text("password");
    r.port = a.number("port", 0);
    for (auto& header : a.maps("headers")) r.headers.emplace_back(header["name"], header["value"]);
    return r;
}

}  // namespace

int http(const action& a, std::ostream& out) {
    http_request r = as_written(a, a.text("notification_url"));
    r.method = a.text("method_url").empty() ? a.text("method") : a.text("method_url");
    if (r.method.empty()) r.method = "GET";
    if (r.url.empty()) return wrong(out, "notification_url is empty: say where the request goes");
    r.body = a.text("content");
    std::string body;
    const int code = send(r, out, &body);
    if (code == 0 && !body.empty()) out << first_lines(body) << "\n";
    return code;
}

int web(const action& a, std::ostream& out) {
    http_request r = as_written(a, a.text("destination"));
    if (r.url.find("://") == std::string::npos) r.url = "http://" + r.url;
    if (const std::string post = a.text("post_data"); !post.empty()) {
        r.method = "POST";
        r.body = post;
    }
    std::string body;
    if (const int code = send(r, out, &body); code != 0) return code;
    const std::string text = a.text("text");
    if (text.empty()) return 0;
    const bool there = body.find(text) != std::string::npos;
    const bool wanted = a.text("text_existence") != "false";
    if (there != wanted) out << "the answer " << (there ? "holds" : "does not hold") << " \"" << text << "\"\n";
    return there == wanted ? 0 : 1;
}

int slack(const action& a, std::ostream& out) {
    const integration* slack = a.of("SLACK");
    if (slack == nullptr) return wrong(out, "no Slack integration is named: add the key integration");
    json message = {{"text", a.text("content")}};
    const auto field = [&](const char* name) {
        const auto at = slack->fields.find(name);
        return at == slack->fields.end() ? std::string() : at->second;
    };
    if (const std::string hook = field("webhook_address"); !hook.empty()) return send(json_to(hook, message), out);
    message["channel"] = a.text("channel");
    http_request r = json_to(base_of("LATCHKEY_SLACK_API", "https://slack.com/api") + "/chat.postMessage", message);
    r.headers.emplace_back("Authorization", "Bearer " + field("token"));
    std::string body;
    if (const int code = send(r, out, &body); code != 0) return code;
    // Slack says no with status 200.
    const json said = json::parse(body, nullptr, false);
    if (said.is_object() && said.value("ok", false)) return 0;
    out << "Slack refused the message: " << (said.is_object() ? said.value("error", "no reason given") : "no JSON")
        << "\n";
    return 1;
}

int discord(const action& a, std::ostream& out) {
    if (a.text("notification_url").empty())
        return wrong(out, "notification_url is empty: give the webhook's address");
    return send(json_to(a.text("notification_url"), {{"content", a.text("content")}}), out);
}

int microsoft_teams(const action& a, std::ostream& out) {
    const integration* teams = a.of("MICROSOFT_TEAMS");
    std::vector<std::string> hooks;
    if (teams != nullptr) hooks.push_back(teams->fields.at("webhook_address"));
    if (teams == nullptr)
        for (const std::string& recipient : a.list("recipients"))
            if (recipient.starts_with("https://") || recipient.starts_with("http://")) hooks.push_back(recipient);
    if (hooks.empty()) return wrong(out, "no webhook: name an integration of the type MICROSOFT_TEAMS");
    int worst = 0;
    for (const std::string& hook : hooks)
        worst = std::max(worst, send(json_to(hook, {{"title", a.text("title")}, {"text", a.text("content")}}), out));
    return worst;
}

int telegram(const action& a, std::ostream& out) {
    const integration* telegram = a.of("TELEGRAM");
    if (telegram == nullptr) return wrong(out, "no Telegram integration is named: add the key integration");
    const auto token = telegram->fields.find("token");
    const auto chat = telegram->fields.find("chat_id");
    if (token == telegram->fields.end()) return wrong(out, "the Telegram integration has no token");
    return send(
        json_to(
            base_of("LATCHKEY_TELEGRAM_API", "https://api.telegram.org") + "/bot" + token->second + "/sendMessage",
            {{"chat_id", chat == telegram->fields.end() ? "" : chat->second}, {"text", a.text("content")}}),
        out);
}

int pushover(const action& a, std::ostream& out) {
    const integration* pushover = a.of("PUSHOVER");
    if (pushover == nullptr) return wrong(out, "no Pushover integration is named: add the key integration");
    json message = {{"message", a.text("content")}};
    for (const auto& [theirs, ours] : {std::pair("token", "token"), std::pair("user", "access_key")})
        if (const auto at = pushover->fields.find(ours); at != pushover->fields.end()) message[theirs] = at->second;
    for (const auto& [theirs, ours] : {std::pair("title", "title"), std::pair("device", "device"),
                                       std::pair("url", "link"), std::pair("url_title", "link_title")})
        if (const std::string text = a.text(ours); !text.empty()) message[theirs] = text;
    const std::string priority = a.text("priority");
    if (priority == "LOW" || priority == "HIGH") message["priority"] = priority == "LOW" ? -1 : 1;
    return send(json_to(base_of("LATCHKEY_PUSHOVER_API", "https://api.pushover.net") + "/1/messages.json", message),
                out);
}

int pushbullet(const action& a, std::ostream& out) {
    const integration* pushbullet = a.of("PUSHBULLET");
    if (pushbullet == nullptr) return wrong(out, "no Pushbullet integration is named: add the key integration");
    const auto token = pushbullet->fields.find("token");
    if (token == pushbullet->fields.end()) return wrong(out, "the Pushbullet integration has no token");
    const std::string link = a.text("link");
    json message = {{"type", link.empty() ? "note" : "link"}, {"body", a.text("content")}};
    for (const auto& [theirs, ours] :
         {std::pair("title", "title"), std::pair("device_iden", "device"), std::pair("url", "link")})
        if (const std::string text = a.text(ours); !text.empty()) message[theirs] = text;
    http_request r =
        json_to(base_of("LATCHKEY_PUSHBULLET_API", "https://api.pushbullet.com") + "/v2/pushes", message);
    r.headers.emplace_back("Access-Token", token->second);
    return send(r, out);
}

int bugsnag(const action& a, std::ostream& out) {
    if (a.text("token").empty()) return wrong(out, "`token` is empty: give the project's API key");
    json build = {{"apiKey", a.text("token")}, {"appVersion", a.text("version")}};
    for (const auto& [theirs, ours] :
         {std::pair("releaseStage", "release_stage"), std::pair("builderName", "builder_name")})
        if (const std::string text = a.text(ours); !text.empty()) build[theirs] = text;
    if (a.flag("auto_assign_release")) build["autoAssignRelease"] = true;
    return send(json_to(base_of("LATCHKEY_BUGSNAG_API", "https://build.bugsnag.com") + "/", build), out);
}

}  // namespace latchkey::native
