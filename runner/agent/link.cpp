// SPDX-License-Identifier: Apache-2.0
#include "runner/agent/link.hpp"

#include "runner/agent/protocol.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/vault/sha256.hpp"
#include "runner/vault/token.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::agent {

namespace {

using nlohmann::json;

std::string sha256_of(std::string_view bytes) {
    vault::sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

errc kind_of(long status) {
    switch (status) {
        case 401:
        case 403:
            return errc::denied;
        case 404:
            return errc::not_found;
        case 409:
            return errc::conflict;
        case 400:
        case 413:
            return errc::usage;
        default:
            break;
    }
    return status >= 500 || status == 429 ? errc::io : errc::refused;
}

failure refusal_in(const client::response& r) {
    std::string why;
    if (auto body = parse_json(r.body); body && body->is_object() && body->contains("errors") &&
                                        (*body)["errors"].is_array() && !(*body)["errors"].empty())
        why = (*body)["errors"][0].value("message", "");
    if (why.empty()) why = "the server answered " + std::to_string(r.status);
    return {kind_of(r.status), why};
}

result<json> json_in(const client::response& r) {
    if (r.status < 200 || r.status >= 300) return refusal_in(r);
    if (r.body.empty()) return json();
    auto body = parse_json(r.body);
    if (!body) return failure(errc::io, "the server's answer is no JSON");
    return body;
}

// "https://ci.test/x" → "/x"
std::string path_of(const std::string& base) {
    const std::size_t host = base.find("://") + 3;
    const std::size_t slash = base.find('/', host);
    return slash == std::string::npos ? "" : base.substr(slash);
}

}  // namespace

link::link(client::peer server, const vault::key_pairs& keys, std::int64_t agent)
    : server_(std::move(server)), prefix_(path_of(server_.where.base)), keys_(keys), agent_(agent) {}

client::request link::signed_request(const std::string& method, const std::string& path, const std::string& body,
                                     const std::string& lease) const {
    client::request r;
    r.method = method;
    r.path = std::string(base_path) + path;
    r.body = body;
    if (!lease.empty()) r.headers.emplace_back(lease_header, lease);
    if (agent_ == 0) return r;
    const std::string id = std::to_string(agent_);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string time = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    const std::string nonce = vault::random_hex(12);
    const std::string signature =
        keys_.sign(text_to_sign(id, method, prefix_ + r.path, sha256_of(body), time, nonce, lease));
    r.headers.emplace_back("Authorization",
                           std::string(authorization_scheme) + id + "." + time + "." + nonce + "." + signature);
    return r;
}

result<json> link::call(const std::string& method, const std::string& path, const std::string& body,
                        const std::string& lease) const {
    auto got = client::exchange(server_, {}, signed_request(method, path, body, lease));
    if (!got) return got.error();
    return json_in(*got);
}

result<json> link::wait(const std::string& path, const std::string& body, const std::function<bool()>& go_on) const {
    std::string text;
    bool ended = false;
    const auto take = [&](std::string_view bytes) {
        text += bytes;
        return text.size() <= client::largest_body;
    };
    const auto more = [&] {
        ended = !go_on();
        return !ended;
    };
    auto got = client::stream(server_, {}, signed_request("POST", path, body, ""), take, more);
    if (!got) return got.error();
    if (ended) return failure(errc::cancelled, "waiting for orders was ended");
    if (got->status == 200 && text.find_first_not_of(' ') == std::string::npos)
        return failure(errc::io, "the server had nothing to say");
    if (got->status == 200) got->body = std::move(text);
    return json_in(*got);
}

result<void> link::fetch(const std::string& path, const std::string& lease, const std::filesystem::path& file,
                         const std::function<bool()>& go_on) const {
    const exec::descriptor to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    const auto broken = [&] {
        return failure(errc::refused, "can't write " + file.string() + ": " + std::system_category().message(errno));
    };
    if (to.get() < 0) return broken();
    bool written = true;
    const auto take = [&](std::string_view bytes) {
        while (!bytes.empty() && written) {
            const ssize_t n = ::write(to.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            written = n > 0;
            if (written) bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return written;
    };
    bool ended = false;
    const auto more = [&] {
        ended = !go_on();
        return !ended;
    };
    auto got = client::stream(server_, {}, signed_request("GET", path, "", lease), take, more);
    if (!got) return got.error();
    if (!written) return broken();
    if (ended) return failure(errc::cancelled, "fetching files was ended");
    if (got->status != 200) return refusal_in(*got);
    return {};
}

}  // namespace latchkey::agent
