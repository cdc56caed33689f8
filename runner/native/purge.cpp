// SPDX-License-Identifier: Apache-2.0
//
// CLOUDFLARE: removes a zone's files from the cache, all of them or those that the workspace has.
#include "runner/native/action.hpp"
#include "runner/native/types.hpp"
#include "runner/native/web_service.hpp"
#include "runner/native/workspace_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace latchkey::native {

namespace {

using nlohmann::json;

// How many addresses one request may name.
constexpr std::size_t at_once = 30;

// base_url and a path of the workspace, of which each part is escaped.
std::string cached_address(const std::string& base, const std::string& path) {
    std::string out = base;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        out += "/" + url_escaped(std::string_view(path).substr(at, slash - at));
        at = slash + 1;
    }
    return out;
}

int purge(const action& a, const integration& cloudflare, const json& what, std::ostream& out) {
    http_request r = json_to(base_of("LATCHKEY_CLOUDFLARE_API", "https://api.cloudflare.com") + "/client/v4/zones/" +
                                 url_escaped(a.text("zone_id")) + "/purge_cache",
                             what);
    if (const std::string token = field_of(cloudflare, "token"); !token.empty()) {
        r.headers.emplace_back("Authorization", "Bearer " + token);
    } else {
        r.headers.emplace_back("X-Auth-Email", field_of(cloudflare, "email"));
        r.headers.emplace_back("X-Auth-Key", field_of(cloudflare, "api_key"));
    }
    std::string body;
    if (const int code = send(r, out, &body); code != 0) return code;
    const json said = json::parse(body, nullptr, false);
    if (said.is_object() && said.value("success", json(false)) == json(true)) return 0;
    out << "Cloudflare did not purge: " << first_lines(body) << "\n";
    return 1;
}

}  // namespace

int cloudflare(const action& a, std::ostream& out) {
    const integration* cloudflare = a.of("CLOUDFLARE");
    if (cloudflare == nullptr) return wrong(out, "no Cloudflare integration is named: add the key integration");
    if (a.text("zone_id").empty()) return wrong(out, "`zone_id` is empty: give the zone's ID");
    if (a.flag("purge_all")) return purge(a, *cloudflare, {{"purge_everything", true}}, out);
    std::string base = a.text("base_url");
    if (base.empty()) return wrong(out, "`base_url` is empty: give the site's address, or set `purge_all`");
    if (base.find("://") == std::string::npos) base = "https://" + base;
    while (base.ends_with('/')) base.pop_back();
    const auto files = files_of(a);
    if (!files) return wrong(out, files.error().what);
    std::vector<std::string> addresses;
    for (const std::string& name : files->names) {
        addresses.push_back(cached_address(base, name));
        // A folder's page is asked for by the folder's address, too.
        if (addresses.back().ends_with("/index.html"))
            addresses.push_back(addresses.back().substr(0, addresses.back().size() - 10));
    }
    for (std::size_t at = 0; at < addresses.size(); at += at_once) {
        json some = json::array();
        for (std::size_t i = at; i < std::min(at + at_once, addresses.size()); ++i) some.push_back(addresses[i]);
        if (const int code = purge(a, *cloudflare, {{"files", some}}, out); code != 0) return code;
    }
    out << addresses.size() << (addresses.size() == 1 ? " address" : " addresses") << " purged\n";
    return 0;
}

}  // namespace latchkey::native
