// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/webhook.hpp"

#include "runner/triggers/payload.hpp"
#include "runner/vault/mac.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::triggers {

namespace {

constexpr std::size_t longest_signature = 1000;

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        return lower(x) == lower(y);
    });
}

struct kind {
    forge of;
    std::string_view name;
    std::string_view signature;  // the header
    std::string_view prefix;     // before the figures in it
    std::string_view event;
    std::string_view delivery;
};

constexpr std::array<kind, 5> kinds = {{
    {forge::github, "github", "X-Hub-Signature-256", "sha256=", "X-GitHub-Event", "X-GitHub-Delivery"},
    {forge::gitlab, "gitlab", "X-Gitlab-Token", "", "X-Gitlab-Event", "X-Gitlab-Event-UUID"},
    {forge::gitea, "gitea", "X-Gitea-Signature", "", "X-Gitea-Event", "X-Gitea-Delivery"},
    {forge::bitbucket, "bitbucket", "X-Hub-Signature", "sha256=", "X-Event-Key", "X-Request-UUID"},
    {forge::generic, "signed", "X-Latchkey-Signature", "", "", ""},
}};

const kind& kind_of(forge f) {
    return *std::ranges::find(kinds, f, &kind::of);
}

failure wrong_signature() {
    return {errc::denied, "the delivery is not signed with this hook's secret: write the same secret there and here"};
}

struct own_signature {
    std::string time;
    std::vector<std::string_view> macs;
};

// "t=1700000000,v1=<hex>"; another v1 while a secret is being changed.
own_signature read_own(std::string_view header) {
    own_signature out;
    while (!header.empty()) {
        const std::string_view part = header.substr(0, header.find(','));
        header.remove_prefix(std::min(part.size() + 1, header.size()));
        if (part.starts_with("t=") && out.time.empty()) out.time = part.substr(2);
        if (part.starts_with("v1=")) out.macs.push_back(part.substr(3));
    }
    return out;
}

// What tells the delivery from another of our own kind: it can't be changed without the secret.
result<std::string> verify_own(const hook_request& r, std::string_view header, const vault::secret& key,
                               std::chrono::sys_seconds now) {
    const own_signature said = read_own(header);
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(said.time.data(), said.time.data() + said.time.size(), time);
    const bool is_number = error == std::errc() && end == said.time.data() + said.time.size() && time >= 0;
    if (!is_number || said.macs.empty()) return wrong_signature();
    const std::string right = vault::hmac_sha256_hex(key, said.time + "." + std::string(r.body));
    bool good = false;
    for (const std::string_view mac : said.macs) good |= vault::same(right, mac);
    if (!good) return wrong_signature();
    const std::int64_t ours = now.time_since_epoch().count();
    const std::int64_t most = std::chrono::seconds(replay_window).count();
    if (time > ours ? time - ours > most : ours - time > most)
        return failure(
            errc::denied,
            "the delivery was signed more than 5 minutes from now: send it anew, and see that both clocks are "
            "right");
    return right;
}

bool verify_forge(const kind& k, const hook_request& r, std::string_view header, const vault::secret& key) {
    if (k.of == forge::gitlab) return vault::same(key, header);
    if (!header.starts_with(k.prefix)) return false;
    header.remove_prefix(k.prefix.size());
    return vault::same(vault::hmac_sha256_hex(key, r.body), header);
}

result<told> read(forge f, std::string_view event, std::string_view body) {
    switch (f) {
        case forge::github:
            return read_github(event, body);
        case forge::gitlab:
            return read_gitlab(event, body);
        case forge::gitea:
            return read_gitea(event, body);
        case forge::bitbucket:
            return read_bitbucket(event, body);
        case forge::generic:
            break;
    }
    return read_generic(body);
}

}  // namespace

std::optional<forge> forge_named(std::string_view name) {
    const auto at = std::ranges::find(kinds, name, &kind::name);
    return at == kinds.end() ? std::nullopt : std::optional(at->of);
}

std::string_view hook_request::header(std::string_view name) const {
    for (const auto& [each, value] : headers)
        if (same_name(each, name)) return value;
    return {};
}

bool hook_request::repeats(std::string_view name) const {
    return std::ranges::count_if(headers, [name](const auto& each) { return same_name(each.first, name); }) > 1;
}

result<delivery> receive(forge f, const hook_request& r, const vault::secret& key, std::chrono::sys_seconds now) {
    const kind& k = kind_of(f);
    const std::string_view signature = r.header(k.signature);
    if (key.empty()) return failure(errc::refused, "this hook has no secret: set one there and here");
    if (r.body.size() > largest_webhook) return failure(errc::usage, "the delivery is larger than 8 MB");
    if (signature.empty() || signature.size() > longest_signature || r.repeats(k.signature))
        return failure(errc::denied, "the delivery has no " + std::string(k.signature) +
                                         ": write this hook's secret into the settings there");
    delivery out;
    if (f == forge::generic) {
        auto right = verify_own(r, signature, key, now);
        if (!right) return right.error();
        out.key = std::move(*right);
    } else {
        if (!verify_forge(k, r, signature, key)) return wrong_signature();
        const std::string_view id = r.header(k.delivery);
        out.key = vault::hash_of_token(id.empty() || id.size() > 200 ? r.body : id);
    }
    if (r.header("Content-Type").starts_with("application/x-www-form-urlencoded"))
        return failure(errc::usage, "the delivery is a form: choose application/json as the hook's content type");
    auto said = read(f, r.header(k.event), r.body);
    if (!said) return said.error();
    out.events = std::move(said->events);
    out.note = std::move(said->note);
    return out;
}

}  // namespace latchkey::triggers
