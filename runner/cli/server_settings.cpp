// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/server_settings.hpp"

#include "runner/cli/commands.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace latchkey::cli {

namespace {

constexpr auto all_known = std::to_array<known_setting>({
    {"listen", "ADDRESS", "Where it listens, HOST:PORT; port 0 is a free one", "127.0.0.1:8080"},
    {"data", "DIR", "Its folder: store, master key, runs; $XDG_DATA_HOME/latchkey/server if left out"},
    {"store", "URL", "Where it keeps everything, sqlite:FILE; latchkey.db in its folder if left out"},
    {"backend", "NAME", "Where actions run: host, sandbox or container; else as `latchkey run` does"},
    {"public-url", "URL", "How others name it, behind a proxy: https://ci.example.test"},
    {"tls-cert", "FILE", "Serve TLS with this certificate chain (PEM); read again on SIGHUP"},
    {"tls-key", "FILE", "Its key (PEM, 0600)"},
    {"init-owner", "EMAIL", "Make the first owner, where there is none yet"},
    {"init-workspace", "DOMAIN", "Their workspace"},
    {"token-file", "FILE", "Gets their token, with every scope; must not be there yet"},
    {"threads", "N", "How many calls it works on at once", "4"},
    {"grace", "TIME", "How long what is under way may take when it is told to end, as in 30s", "10s"},
});

constexpr std::string_view by_default = "the default";

std::string variable_of(std::string_view name) {
    std::string variable = "LATCHKEY_SERVER_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return variable;
}

failure wrong(const setting& s, const std::string& say) {
    return {errc::usage, "\"" + s.value + "\" (" + s.origin + ") can't be: " + say};
}

std::optional<int> number_in(std::string_view text, int least, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
        return std::nullopt;
    return value;
}

class reader {
public:
    explicit reader(const settings& all) : all_(all) {}

    const setting* find(std::string_view name) const {
        const auto at = all_.find(name);
        return at == all_.end() ? nullptr : &at->second;
    }
    std::string text(std::string_view name) const {
        const setting* s = find(name);
        return s == nullptr ? "" : s->value;
    }

private:
    const settings& all_;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"
result<void> read_listen(const setting& s, server::listen_options& to) {
    constexpr auto form = "say an address and a port, as in 127.0.0.1:8080 or [::1]:8080";
    const std::size_t colon = s.value.rfind(':');
    if (colon == std::string::npos || colon == 0) return wrong(s, form);
    std::string host = s.value.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    const auto port = number_in(std::string_view(s.value).substr(colon + 1), 0, 65535);
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (!port || ec || address.is_v6() != bracketed) return wrong(s, form);
    to.address = host;
    to.port = static_cast<std::uint16_t>(*port);
    return {};
}

result<std::filesystem::path> read_store(const setting& s) {
    constexpr std::string_view sqlite = "sqlite:";
    if (s.value.starts_with("postgresql:") || s.value.starts_with("postgres:"))
        return failure(errc::usage,
                       "a store in PostgreSQL (" + s.origin + ") is not built yet: use sqlite:FILE, or leave it out");
    if (!s.value.starts_with(sqlite) || s.value.size() == sqlite.size()) return wrong(s, "say sqlite:FILE");
    std::string_view file = std::string_view(s.value).substr(sqlite.size());
    if (file.starts_with("//")) file.remove_prefix(2);
    return std::filesystem::absolute(file);
}

result<void> read_first_owner(const reader& r, server_options& to) {
    const std::array<std::string_view, 3> needed = {"init-owner", "init-workspace", "token-file"};
    const auto given = std::ranges::count_if(needed, [&](std::string_view name) { return r.find(name) != nullptr; });
    if (given == 0) return {};
    if (given != static_cast<std::ptrdiff_t>(needed.size()))
        return failure(
            errc::usage,
            "the first owner needs all of --init-owner EMAIL, --init-workspace DOMAIN and --token-file FILE");
    to.first_owner = {r.text("init-owner"), "", r.text("init-workspace")};
    to.token_file = std::filesystem::absolute(r.text("token-file"));
    return {};
}

result<void> read_public_url(const setting& s, std::string& to) {
    const bool web = s.value.starts_with("http://") || s.value.starts_with("https://");
    const bool bare = std::ranges::none_of(
        s.value, [](char c) { return c <= ' ' || c == '?' || c == '#' || c == '"' || c == '<' || c == '>'; });
    if (!web || !bare || s.value.ends_with("//")) return wrong(s, "say https://NAME");
    to = s.value;
    while (to.ends_with('/')) to.pop_back();
    return {};
}

}  // namespace

std::span<const known_setting> known_settings() {
    return all_known;
}

result<settings> gather_settings(context& c, const std::map<std::string, std::string>& flags) {
    settings all;
    for (const known_setting& known : all_known) {
        const std::string name(known.name);
        if (const auto flag = flags.find(name); flag != flags.end()) {
            all[name] = {flag->second, "--" + name};
            continue;
        }
        const std::string variable = variable_of(name);
        if (const char* value = std::getenv(variable.c_str()); value != nullptr)
            all[name] = {value, variable};
        else if (!known.otherwise.empty())
            all[name] = {std::string(known.otherwise), std::string(by_default)};
    }
    if (!all.contains("data")) {
        auto data = c.data_folder();
        if (!data) return data.error();
        all["data"] = {(*data / "server").string(), std::string(by_default)};
    }
    if (!all.contains("store"))
        all["store"] = {"sqlite:" + (std::filesystem::path(all["data"].value) / "latchkey.db").string(),
                        std::string(by_default)};
    return all;
}

result<server_options> read_settings(const settings& all) {
    const reader r(all);
    server_options o;
    const setting& data = *r.find("data");
    if (data.value.empty()) return wrong(data, "name a folder");
    o.data = std::filesystem::absolute(data.value);
    auto store = read_store(*r.find("store"));
    if (!store) return store.error();
    o.store_file = *store;
    if (auto fine = read_listen(*r.find("listen"), o.listen); !fine) return fine.error();
    if (const setting* backend = r.find("backend"); backend != nullptr) {
        if (backend->value != "host" && backend->value != "sandbox" && backend->value != "container")
            return wrong(*backend, "say host, sandbox or container");
        o.backend = backend->value;
    }
    const auto threads = number_in(r.text("threads"), 1, 256);
    if (!threads) return wrong(*r.find("threads"), "say a number from 1 to 256");
    o.listen.threads = *threads;
    const auto grace = length_of_time(r.text("grace"));
    if (!grace || *grace > std::chrono::hours(24)) return wrong(*r.find("grace"), "say 30s, 2m or 1h");
    o.listen.grace = *grace;
    if ((r.find("tls-cert") == nullptr) != (r.find("tls-key") == nullptr))
        return failure(errc::usage, "TLS needs both --tls-cert FILE and --tls-key FILE");
    o.listen.tls_certificate = r.text("tls-cert");
    o.listen.tls_key = r.text("tls-key");
    if (const setting* url = r.find("public-url"); url != nullptr)
        if (auto fine = read_public_url(*url, o.public_url); !fine) return fine.error();
    if (auto fine = read_first_owner(r, o); !fine) return fine.error();
    return o;
}

}  // namespace latchkey::cli
