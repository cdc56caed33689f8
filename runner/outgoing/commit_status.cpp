// SPDX-License-Identifier: Apache-2.0
#include "runner/outgoing/commit_status.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace latchkey::outgoing {

namespace {

using json = nlohmann::json;

std::string percent_encoded(std::string_view text, bool slashes) {
    constexpr std::string_view figures = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~' || (c == '/' && !slashes);
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', figures[byte >> 4U], figures[byte & 0xFU]};
    }
    return out;
}

std::string cut_to(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t end = most - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
    return text.substr(0, end) + "...";
}

// By commit_state.
constexpr std::array<std::string_view, 5> github_words = {"pending", "pending", "success", "failure", "error"};
constexpr std::array<std::string_view, 5> gitlab_words = {"pending", "running", "success", "failed", "canceled"};
constexpr std::array<std::string_view, 5> bitbucket_words = {"INPROGRESS", "INPROGRESS", "SUCCESSFUL", "FAILED",
                                                             "STOPPED"};

std::string word(const std::array<std::string_view, 5>& words, commit_state s) {
    return std::string(words[static_cast<std::size_t>(s)]);
}

// A key of at most 40 characters there; a longer name keeps its beginning and a mark of the whole.
std::string short_key(const std::string& name) {
    if (name.size() <= 40) return name;
    std::uint64_t mark = 14695981039346656037ULL;
    for (const char c : name) mark = (mark ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    constexpr std::string_view figures = "0123456789abcdef";
    std::string end = "-";
    for (int i = 0; i < 12; ++i, mark >>= 4U) end.push_back(figures[mark & 0xFU]);
    std::size_t cut = 40 - end.size();
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80) --cut;
    return name.substr(0, cut) + end;
}

struct address_parts {
    std::string scheme = "https";
    std::string host;  // with a port, for http
    std::string path;  // "acme/web"
};

std::optional<address_parts> parts_of(const std::string& address) {
    address_parts p;
    const std::size_t scheme = address.find("://");
    if (scheme == std::string::npos) {
        const std::size_t colon = address.find(':');
        if (colon == std::string::npos || address.starts_with('/')) return std::nullopt;
        p.host = address.substr(0, colon);
        p.path = address.substr(colon + 1);
    } else {
        const std::string kind = address.substr(0, scheme);
        const std::size_t path = std::min(address.find('/', scheme + 3), address.size());
        p.host = address.substr(scheme + 3, path - scheme - 3);
        p.path = address.substr(std::min(path + 1, address.size()));
        if (kind == "http") p.scheme = kind;
        if (kind != "http" && kind != "https" && kind != "ssh") return std::nullopt;
        if (kind == "ssh")
            p.host = p.host.substr(0, p.host.rfind(':') < p.host.size() ? p.host.rfind(':') : p.host.size());
    }
    // Who fetches from there ends the host at these, so it would be another one's.
    if (p.host.find_first_of("?#\\") != std::string::npos) return std::nullopt;
    if (const std::size_t at = p.host.rfind('@'); at != std::string::npos) p.host.erase(0, at + 1);
    while (p.path.starts_with('/')) p.path.erase(0, 1);
    while (p.path.ends_with('/')) p.path.pop_back();
    if (p.path.ends_with(".git")) p.path.resize(p.path.size() - 4);
    if (p.host.empty() || p.path.find('/') == std::string::npos) return std::nullopt;
    return p;
}

std::optional<status_forge> forge_of(const std::string& host) {
    if (host == "github.com") return status_forge::github;
    if (host == "gitlab.com") return status_forge::gitlab;
    if (host == "bitbucket.org") return status_forge::bitbucket;
    if (host == "codeberg.org" || host == "gitea.com") return status_forge::gitea;
    return std::nullopt;
}

}  // namespace

std::optional<status_place> place_of(const std::string& address, std::optional<status_forge> forge) {
    const auto parts = parts_of(address);
    if (!parts) return std::nullopt;
    // What somebody says of a forge that is known would take its token elsewhere.
    if (const auto known = forge_of(parts->host)) forge = known;
    if (!forge) return std::nullopt;
    const std::string base = parts->scheme + "://" + parts->host;
    switch (*forge) {
        case status_forge::github:
            return status_place{*forge, parts->host == "github.com" ? "https://api.github.com" : base + "/api/v3",
                                parts->path};
        case status_forge::gitlab:
            return status_place{*forge, base + "/api/v4", parts->path};
        case status_forge::gitea:
            return status_place{*forge, base + "/api/v1", parts->path};
        case status_forge::bitbucket:
            break;
    }
    // A server of one's own speaks another API; and its token is nothing for bitbucket.org.
    if (parts->host != "bitbucket.org") return std::nullopt;
    return status_place{*forge, "https://api.bitbucket.org/2.0", parts->path};
}

std::optional<commit_state> state_of(std::string_view status) {
    if (status == "INITIAL" || status == "ENQUEUED" || status.starts_with("WAITING_FOR_"))
        return commit_state::waiting;
    if (status == "INPROGRESS") return commit_state::running;
    if (status == "SUCCESSFUL") return commit_state::good;
    if (status == "FAILED") return commit_state::failed;
    if (status == "TERMINATED") return commit_state::cancelled;
    return std::nullopt;
}

request status_request(const status_place& place, const commit_status& s) {
    request r;
    json body;
    const std::string plain = percent_encoded(place.repository, false);
    const std::string commit = percent_encoded(s.commit, true);
    r.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    switch (place.forge) {
        case status_forge::github:
        case status_forge::gitea:
            r.url = place.api + "/repos/" + plain + "/statuses/" + commit;
            body = {{"state", word(github_words, s.state)},
                    {"context", s.name},
                    {"description", cut_to(s.description, 140)}};
            if (!s.target.empty()) body["target_url"] = s.target;
            r.secret_header = "Authorization";
            r.before_secret = place.forge == status_forge::github ? "Bearer " : "token ";
            if (place.forge == status_forge::github)
                r.headers = {{"Content-Type", "application/json"},
                             {"Accept", "application/vnd.github+json"},
                             {"X-GitHub-Api-Version", "2022-11-28"}};
            break;
        case status_forge::gitlab:
            r.url = place.api + "/projects/" + percent_encoded(place.repository, true) + "/statuses/" + commit;
            body = {{"state", word(gitlab_words, s.state)},
                    {"name", s.name},
                    {"description", cut_to(s.description, 255)}};
            if (!s.target.empty()) body["target_url"] = s.target;
            r.secret_header = "PRIVATE-TOKEN";
            break;
        case status_forge::bitbucket:
            r.url = place.api + "/repositories/" + plain + "/commit/" + commit + "/statuses/build";
            body = {{"key", short_key(s.name)},
                    {"name", s.name},
                    {"state", word(bitbucket_words, s.state)},
                    {"description", cut_to(s.description, 255)},
                    {"url", s.target}};
            r.secret_header = "Authorization";
            r.before_secret = "Bearer ";
            break;
    }
    r.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return r;
}

result<void> send_status(const status_place& place, const commit_status& s, const vault::secret& token,
                         const send_options& o) {
    auto answer = send(status_request(place, s), token, o);
    if (!answer) return answer.error();
    if (answer->status >= 200 && answer->status <= 299) return {};
    const std::string begin =
        "the status of " + s.commit.substr(0, 10) + " was not taken by " + place.repository + ": ";
    if (answer->status == 401 || answer->status == 403)
        return failure(errc::denied, begin + "the token may not set statuses there");
    if (answer->status == 404 || answer->status == 422)
        return failure(errc::not_found, begin + "there is no such commit, or the token may not know of it");
    // GitLab: the same status once more.
    if (place.forge == status_forge::gitlab && answer->status == 400 &&
        answer->body.find("Cannot transition status") != std::string::npos)
        return {};
    return failure(errc::io, begin + "it answers " + std::to_string(answer->status));
}

}  // namespace latchkey::outgoing
