// SPDX-License-Identifier: Apache-2.0
// What a server reads from anybody: however the bytes are cut, the outcome is the same, and nothing grows beyond its
// limits. The first byte chooses the cut.
#include "runner/http/request_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

namespace http = latchkey::http;

struct outcome {
    int refused = 0;
    bool done = false;
    std::string target;
    std::string body;
    friend bool operator==(const outcome&, const outcome&) = default;
};

outcome parse(std::string_view bytes, std::size_t piece) {
    http::limits most;
    most.body = 64UL * 1024;
    http::request_parser parser(most);
    bool allowed = false;
    std::string pending;
    for (std::size_t at = 0; at < bytes.size() && !parser.done() && parser.refused() == 0; at += piece) {
        pending += bytes.substr(at, piece);
        for (std::size_t n = 1; n > 0 && !pending.empty() && !parser.done() && parser.refused() == 0;) {
            n = parser.feed(pending);
            if (n > pending.size()) std::abort();
            pending.erase(0, n);
            if (parser.head_done() && !allowed) {
                allowed = true;
                parser.allow_body(most.body);
            }
        }
    }
    outcome o{parser.refused(), parser.done(), "", ""};
    if (!o.done) return o;
    const http::request r = parser.take();
    if (r.body.size() > most.body || r.target.size() > most.target) std::abort();
    o.target = r.target;
    o.body = r.body;
    return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const outcome whole = parse(bytes, bytes.size());
    const outcome cut = parse(bytes, 1U + data[0]);
    // What is refused may be refused for another reason where less of it was at hand.
    if (whole.done != cut.done || (whole.done && whole != cut)) std::abort();
    return 0;
}
