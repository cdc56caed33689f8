// SPDX-License-Identifier: Apache-2.0
#include "tests/support/api_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cctype>

namespace latchkey::test {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;

std::string api_reply::message() const {
    return body.is_object() && body.contains("errors") ? body["errors"][0]["message"].get<std::string>() : "";
}

api_reply ask_server(std::uint16_t port, const std::string& method, const std::string& target,
                     const std::string& token, const std::string& body,
                     const std::map<std::string, std::string>& headers) {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port});
    bhttp::request<bhttp::string_body> request;
    request.method_string(method);
    request.target(target);
    request.set("Host", "127.0.0.1:" + std::to_string(port));
    if (!token.empty()) request.set("Authorization", "Bearer " + token);
    for (const auto& [name, value] : headers) request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    bhttp::write(socket, request);
    boost::beast::flat_buffer buffer;
    bhttp::response_parser<bhttp::string_body> parser;
    parser.body_limit(64UL * 1024 * 1024);
    parser.skip(method == "HEAD");
    bhttp::read(socket, buffer, parser);
    api_reply reply;
    reply.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
        std::string name(field.name_string());
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        reply.headers[name] = field.value();
    }
    reply.text = parser.get().body();
    reply.body = nlohmann::json::parse(reply.text, nullptr, false);
    return reply;
}

}  // namespace latchkey::test
