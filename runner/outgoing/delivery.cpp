// SPDX-License-Identifier: Apache-2.0
#include "runner/outgoing/delivery.hpp"

#include "runner/triggers/signature.hpp"

#include <array>

namespace latchkey::outgoing {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, 8> pauses = {seconds(10), minutes(1), minutes(5), minutes(30),
                                           hours(2),    hours(6),   hours(12),  hours(16)};
constexpr std::size_t most_said = 500;

std::string one_line_of(std::string text) {
    if (text.size() > most_said) {
        std::size_t end = most_said;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
        text.resize(end);
    }
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    return text;
}

}  // namespace

outcome deliver(const message& m, const vault::secret& key, std::chrono::sys_seconds now, const send_options& o) {
    request r;
    r.url = m.url;
    r.body = m.body;
    r.headers = {{"Content-Type", "application/json"}, {"X-Latchkey-Event", m.event}, {"X-Latchkey-Delivery", m.id}};
    if (!key.empty()) r.headers.emplace_back("X-Latchkey-Signature", triggers::sign(key, now, m.body));
    auto answer = send(r, {}, o);
    using verdict = outcome::verdict;
    if (!answer) {
        const bool never = answer.error().code == errc::refused;
        return {never ? verdict::refused : verdict::failed, 0, one_line_of(answer.error().what)};
    }
    const bool good = answer->status >= 200 && answer->status <= 299;
    const verdict what = good ? verdict::delivered : answer->status == 410 ? verdict::refused : verdict::failed;
    return {what, answer->status, one_line_of(std::move(answer->body))};
}

std::optional<seconds> pause_after(int tries) {
    if (tries < 1 || static_cast<std::size_t>(tries) > pauses.size()) return std::nullopt;
    return pauses[static_cast<std::size_t>(tries) - 1];
}

}  // namespace latchkey::outgoing
