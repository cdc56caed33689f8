// SPDX-License-Identifier: Apache-2.0
//
// Requests and messages: HTTP, WEB, SLACK, DISCORD, MICROSOFT_TEAMS, GOOGLE_CHAT, TELEGRAM, PUSHOVER, PUSHBULLET,
// BUGSNAG.
#include "runner/native/action.hpp"
#include "runner/native/types.hpp"
#include "runner/native/web_service.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace latchkey::native {

namespace {

using nlohmann::json;

http_request as_written(const action& a, std::string url) {
    http_request r;
    r.url = std::move(url);
    r.user = a.text("login");
    r.password = a.text("password");
    r.port = a.number("port", 0);
    for (auto& header : a.maps("headers")) r.headers.emplace_back(header["name"], header["value"]);
    return r;
}

// Rich content as people write it: each item one JSON map, or one item a JSON list of them.
bool add_cards(const action& a, json& message, const char* as) {
    json cards = json::array();
    for (const std::string& text : a.list("attachments")) {
        json card = json::parse(text, nullptr, false);
        if (card.is_object()) card = json::array({std::move(card)});
        if (!card.is_array()) return false;
        for (json& one : card) {
            if (!one.is_object()) return false;
            cards.push_back(std::move(one));
        }
    }
    if (!cards.empty()) message[as] = std::move(cards);
    return true;
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
    if (!add_cards(a, message, "attachments")) return wrong(out, "`attachments` is not a list of maps in JSON");
    if (const std::string hook = field_of(*slack, "webhook_address"); !hook.empty())
        return send(json_to(hook, message), out);
    message["channel"] = a.text("channel");
    http_request r = json_to(base_of("LATCHKEY_SLACK_API", "https://slack.com/api") + "/chat.postMessage", message);
    r.headers.emplace_back("Authorization", "Bearer " + field_of(*slack, "token"));
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
    json message = {{"content", a.text("content")}};
    if (!add_cards(a, message, "embeds")) return wrong(out, "`attachments` is not a list of maps in JSON");
    return send(json_to(a.text("notification_url"), message), out);
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

// A webhook belongs to one space: a message for another must not end up in it.
int google_chat(const action& a, std::ostream& out) {
    const integration* chat = a.of("GOOGLE_CHAT");
    if (chat == nullptr) return wrong(out, "no Google Chat integration is named: add the key integration");
    const std::string hook = field_of(*chat, "webhook_address");
    std::string space = a.text("channel");
    if (!space.empty() && !space.starts_with("spaces/")) space.insert(0, "spaces/");
    if (!space.empty() && hook.find("/" + space + "/") == std::string::npos)
        return wrong(out, "the integration's webhook is not one of the space in `channel`: " + a.text("channel"));
    return send(json_to(hook, {{"text", a.text("content")}}), out);
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
    // The service takes a revision as source control only together with the address of its repository.
    if (const std::string revision = a.text("revision"); !revision.empty()) {
        if (const std::string repository = a.variable("BUDDY_SCM_URL"); !repository.empty())
            build["sourceControl"] = {{"repository", repository}, {"revision", revision}};
        else
            build["metadata"] = {{"revision", revision}};
    }
    return send(json_to(base_of("LATCHKEY_BUGSNAG_API", "https://build.bugsnag.com") + "/", build), out);
}

}  // namespace latchkey::native
