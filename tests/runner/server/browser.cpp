// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/browser.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace latchkey::test {

namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;

constexpr std::string_view scheme = "http://127.0.0.1:";

}  // namespace

std::string page::header(const std::string& name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return "";
}

std::string page::message() const {
    return body.is_object() && body.contains("errors") ? body["errors"][0]["message"].get<std::string>() : "";
}

std::string resolved(const std::string& from, const std::string& where) {
    if (!where.starts_with('/')) return where;
    return from.substr(0, from.find('/', scheme.size())) + where;
}

page browser::get(const std::string& url) {
    return ask("GET", url, "", {});
}

page browser::send(const std::string& method, const std::string& url, const nlohmann::json& body,
                   const std::map<std::string, std::string>& headers) {
    auto all = headers;
    all.emplace("Content-Type", "application/json");
    return ask(method, url, body.is_null() ? "" : body.dump(), all);
}

page browser::post_form(const std::string& url, const std::string& form) {
    return ask("POST", url, form, {{"Content-Type", "application/x-www-form-urlencoded"}});
}

page browser::ask(const std::string& method, const std::string& url, const std::string& body,
                  const std::map<std::string, std::string>& headers) {
    if (!url.starts_with(scheme)) throw std::runtime_error("no address of this machine: " + url);
    const auto slash = std::min(url.find('/', scheme.size()), url.size());
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(scheme.size(), slash - scheme.size())));
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port});
    bhttp::request<bhttp::string_body> request;
    request.method_string(method);
    request.target(slash == url.size() ? "/" : url.substr(slash));
    request.set("Host", "127.0.0.1:" + std::to_string(port));
    std::string sent;
    for (const auto& [name, value] : cookies[port]) sent += (sent.empty() ? "" : "; ") + name + "=" + value;
    if (!sent.empty()) request.set("Cookie", sent);
    for (const auto& [name, value] : headers) request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    bhttp::write(socket, request);
    boost::beast::flat_buffer buffer;
    bhttp::response_parser<bhttp::string_body> parser;
    bhttp::read(socket, buffer, parser);
    page got;
    got.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
        std::string name(field.name_string());
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        const std::string value(field.value());
        got.headers.emplace_back(name, value);
        if (name != "set-cookie") continue;
        const std::string pair = value.substr(0, value.find(';'));
        const auto is = pair.find('=');
        if (is + 1 == pair.size() || value.find("expires=Thu, 01 Jan 1970") != std::string::npos)
            cookies[port].erase(pair.substr(0, is));
        else
            cookies[port][pair.substr(0, is)] = pair.substr(is + 1);
    }
    got.text = parser.get().body();
    got.body = nlohmann::json::parse(got.text, nullptr, false);
    return got;
}

}  // namespace latchkey::test
