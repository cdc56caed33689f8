// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/json_lines.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::engine {

namespace {

constexpr std::size_t longest_document = 1UL << 20U;

}  // namespace

bool json_splitter::feed(std::string_view piece, const std::function<void(std::string_view)>& whole) {
    for (const char c : piece) {
        if (depth_ == 0 && c != '{') continue;  // white space between documents
        open_.push_back(c);
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_string_ = false;
        } else if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && --depth_ == 0) {
            whole(open_);
            open_.clear();
        }
        if (open_.size() > longest_document) return false;
    }
    return true;
}

async::task<result<void>> read_json_lines(http_connection& connection,
                                          std::function<void(const nlohmann::json&)> take) {
    json_splitter splitter;
    bool good = true;
    std::string piece(16UL * 1024, '\0');
    for (;;) {
        const auto n = co_await connection.read(boost::asio::buffer(piece));
        if (!n) co_return n.error();
        if (*n == 0) co_return result<void>();
        const bool split = splitter.feed({piece.data(), *n}, [&](std::string_view document) {
            const auto j = nlohmann::json::parse(document, nullptr, false);
            good = good && j.is_object();
            if (j.is_object()) take(j);
        });
        if (!split || !good)
            co_return failure(errc::engine, "the container engine reports in a form that is not understood");
    }
}

}  // namespace latchkey::engine
