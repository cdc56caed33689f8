// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/server_settings.hpp"

#include "runner/cli/commands.hpp"
#include "runner/server/tokens.hpp"
#include "runner/store/postgres_store.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace latchkey::cli {

namespace {

using kind = known_setting::kind;

constexpr auto all_known = std::to_array<known_setting>({
    {"listen", "ADDRESS", "Where it listens, HOST:PORT; port 0 is a free one", "127.0.0.1:8080"},
    {"data", "DIR", "Its folder: store, master key, runs; $XDG_DATA_HOME/latchkey/server if left out", "",
     kind::path},
    {"store", "URL",
     "Where it keeps everything: sqlite:FILE, or postgresql://USER@HOST/DATABASE; latchkey.db in its folder if left "
     "out",
     "", kind::store},
    {"objects", "PLACE",
     "Move logs of runs that have ended to s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION or file:FOLDER; "
     "else they stay in its folder"},
    {"objects-login", "FILE",
     "Holds the bucket's keys as AWS' programs keep them (0600); else AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
     "", kind::path},
    {"backend", "NAME", "Where actions run: host, sandbox or container; else as `latchkey run` does"},
    {"runs", "N", "How many runs it executes at once", "4"},
    {"agents", "WHO", "yes: runs whose worker, tags or cpu an agent has go to agents; only: all do; no: none does",
     "yes"},
    {"agent-lease", "TIME", "After how long without a word an agent is lost, and what it ran has failed", "30s"},
    {"local-repos", "YES", "yes: folders of this machine can be projects' repositories", "no"},
    {"private-hosts", "YES",
     "yes: webhooks and statuses of commits may go to this machine and its own networks, and without TLS", "no"},
    {"public-url", "URL", "How others name it, behind a proxy: https://ci.example.test"},
    {"trusted-proxies", "LIST",
     "Believe what these proxies say of who calls (X-Forwarded-For): 10.0.0.5,10.1.0.0/16"},
    {"tls-cert", "FILE", "Serve TLS with this certificate chain (PEM); read again on SIGHUP", "", kind::path},
    {"tls-key", "FILE", "Its key (PEM, 0600)", "", kind::path},
    {"init-owner", "EMAIL", "Make the first owner, where there is none yet"},
    {"init-workspace", "DOMAIN", "Their workspace"},
    {"token-file", "FILE", "Gets their token, with every scope; must not be there yet", "", kind::path},
    {"session-idle", "TIME", "A session ends when nobody uses it for so long", "12h"},
    {"session-life", "TIME", "It ends after so long, used or not", "7d"},
    {"step-up", "TIME", "For how long a password is good for grants and what reveals a secret; off: the session",
     "off"},
    {"openid-issuer", "URL", "Let people sign in with this identity provider (OpenID Connect)"},
    {"openid-client", "ID", "What it knows this server as"},
    {"openid-secret-file", "FILE", "Holds the secret that it gave us for that (0600)", "", kind::path},
    {"openid-domains", "LIST", "Let in only e-mail addresses of these domains: acme.test,other.test"},
    {"openid-new-users", "YES|NO", "Whether whoever nobody here knows yet becomes a user", "no"},
    {"threads", "N", "How many calls it works on at once", "64"},
    {"grace", "TIME", "How long what is under way may take when it is told to end, as in 30s", "10s"},
    {"keep-logs", "RULE",
     "Remove logs of older runs: 90d since their end, or 500 runs of each pipeline, or 90d,500 for what is beyond "
     "both"},
    {"keep-files", "TIME",
     "Remove the files and caches of pipelines in which nothing has run for so long, as in 30d; the next run makes "
     "them "
     "anew"},
    {"rate-limit", "N", "How many calls a user may make in an hour", "60000"},
    {"metrics", "WHO", "Who may read /metrics: loopback (others with a token), token, or off", "loopback"},
    {"log-format", "FORM", "Of its log on standard error: plain (key=value) or json", "plain"},
    {"log-level", "LEVEL", "debug (every request), info, warning or error", "info"},
});

constexpr std::string_view by_default = "the default";

std::string variable_of(std::string_view name) {
    std::string variable = "LATCHKEY_SERVER_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return variable;
}

// "tls_cert", in the file.
std::string key_of(std::string_view name) {
    std::string key(name);
    std::ranges::replace(key, '-', '_');
    return key;
}

constexpr std::string_view sqlite_scheme = "sqlite:";

void see_from(const std::filesystem::path& folder, kind is, std::string& value) {
    if (is == kind::path && !value.empty()) value = (folder / value).lexically_normal().string();
    if (is == kind::store && value.starts_with(sqlite_scheme) && !value.starts_with("sqlite://"))
        value =
            std::string(sqlite_scheme) + (folder / value.substr(sqlite_scheme.size())).lexically_normal().string();
}

// What is set by flags and variables.
settings settings_at_hand(const std::map<std::string, std::string>& flags) {
    settings all;
    const auto take = [&](const std::string& name) {
        const std::string variable = variable_of(name);
        if (const auto flag = flags.find(name); flag != flags.end())
            all[name] = {flag->second, "--" + name};
        else if (const char* value = std::getenv(variable.c_str()); value != nullptr)
            all[name] = {value, variable};
    };
    take("config");
    for (const known_setting& known : all_known) take(std::string(known.name));
    return all;
}

// Adds what the file says and nobody else.
result<void> add_file(const std::filesystem::path& file, bool is_in_data, const std::string& text, settings& all) {
    std::vector<std::string> keys;
    std::vector<std::string_view> known;
    for (const known_setting& one : all_known) keys.push_back(key_of(one.name));
    for (const std::string& key : keys) known.emplace_back(key);
    auto said = settings_in(text, file.string(), known);
    if (!said) return said.error();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto found = said->find(keys[i]);
        if (found == said->end()) continue;
        if (is_in_data && all_known[i].name == "data")
            return failure(errc::usage,
                           found->second.origin +
                               ": the data folder can't be named in the file that is found by it: name the "
                               "file with --config, or the folder with --data");
        see_from(std::filesystem::absolute(file).parent_path(), all_known[i].is, found->second.value);
        all.try_emplace(std::string(all_known[i].name), std::move(found->second));
    }
    return {};
}

result<void> add_files(const std::filesystem::path& data, settings& all) {
    const auto named = all.find("config");
    if (named != all.end()) {
        auto text = read_config_file(named->second.value);
        if (!text) return text.error();
        return add_file(named->second.value, false, *text, all);
    }
    for (const auto& [file, is_in_data] : {std::pair(data / "server.toml", true),
                                           std::pair(std::filesystem::path("/etc/latchkey/server.toml"), false)}) {
        auto text = read_config_file(file);
        if (text) return add_file(file, is_in_data, *text, all);
        if (text.error().code != errc::not_found) return text.error();
    }
    return {};
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

result<void> read_store(const setting& s, server_options& to) {
    if (store::is_postgres_url(s.value)) {
        if (s.origin == "--store" && store::without_password(s.value) != s.value)
            return failure(errc::usage,
                           "a password on the command line can be read by every program of this machine: put the URL "
                           "into server.toml (store = \"postgresql://…\", 0600) or LATCHKEY_SERVER_STORE, or the "
                           "password into ~/.pgpass");
        to.store_url = s.value;
        return {};
    }
    if (!s.value.starts_with(sqlite_scheme) || s.value.size() == sqlite_scheme.size())
        return failure(errc::usage,
                       "the store (" + s.origin + ") is at sqlite:FILE or postgresql://USER@HOST/DATABASE");
    std::string_view file = std::string_view(s.value).substr(sqlite_scheme.size());
    if (file.starts_with("//")) file.remove_prefix(2);
    to.store_file = std::filesystem::absolute(file);
    return {};
}

// "90d", "500", "90d,500"
result<void> read_retention(const setting& s, server::retention& to) {
    for (std::string_view rest = s.value; !rest.empty() || s.value.empty();) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        const auto age = length_of_time(part);
        const auto count = number_in(part, 1, 1'000'000'000);
        if ((age && to.age) || (count && to.newest) || (!age && !count) || s.value.ends_with(','))
            return wrong(s, "say a time, as in 90d, or a number of runs, or both, as in 90d,500");
        if (age) to.age = age;
        if (count) to.newest = count;
    }
    return {};
}

result<void> read_watching(const reader& r, server_options& to) {
    const setting& metrics = *r.find("metrics");
    if (metrics.value == "token")
        to.metrics = server::metrics_readers::token;
    else if (metrics.value == "off")
        to.metrics = server::metrics_readers::nobody;
    else if (metrics.value != "loopback")
        return wrong(metrics, "say loopback, token or off");
    const setting& form = *r.find("log-format");
    if (form.value == "json")
        to.log_form = server::server_log::form::json;
    else if (form.value != "plain")
        return wrong(form, "say plain or json");
    const auto level = server::log_level_from(r.text("log-level"));
    if (!level) return wrong(*r.find("log-level"), "say debug, info, warning or error");
    to.log_least = *level;
    return {};
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

result<void> read_agents(const reader& r, server_options& to) {
    const setting& who = *r.find("agents");
    if (who.value == "no")
        to.agents = server::agents_use::no;
    else if (who.value == "only")
        to.agents = server::agents_use::only;
    else if (who.value != "yes")
        return wrong(who, "say yes, no or only");
    const auto lease = length_of_time(r.text("agent-lease"));
    if (!lease || *lease < std::chrono::seconds(1) || *lease > std::chrono::hours(1))
        return wrong(*r.find("agent-lease"), "say a time from 1s to 1h");
    to.agent_lease = *lease;
    return {};
}

// "10.0.0.5,10.1.0.0/16"
result<void> read_proxies(const setting& s, std::vector<std::string>& to) {
    for (std::string_view rest = s.value; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (!server::is_address_pattern(part))
            return wrong(s, "say addresses and networks, as in 10.0.0.5,10.1.0.0/16");
        to.emplace_back(part);
    }
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
    settings all = settings_at_hand(flags);
    const auto otherwise = [&all](std::string_view name, const std::string& value) {
        all.try_emplace(std::string(name), setting{value, std::string(by_default)});
    };
    std::filesystem::path data;
    if (const auto named = all.find("data"); named != all.end()) {
        data = named->second.value;
    } else {
        auto ours = c.data_folder();
        if (!ours) return ours.error();
        data = *ours / "server";
    }
    if (auto added = add_files(data, all); !added) return added.error();
    otherwise("data", data.string());
    otherwise("store",
              std::string(sqlite_scheme) + (std::filesystem::path(all["data"].value) / "latchkey.db").string());
    for (const known_setting& known : all_known)
        if (!known.otherwise.empty()) otherwise(known.name, std::string(known.otherwise));
    return all;
}

std::string as_config(const settings& all) {
    std::string text;
    for (const known_setting& known : all_known) {
        const auto found = all.find(known.name);
        if (found == all.end())
            text += "# " + key_of(known.name) + " is not set\n";
        else
            text += key_of(known.name) + " = " + quoted_for_config(store::without_password(found->second.value)) +
                    "  # " + plain(found->second.origin) + "\n";
    }
    return text;
}

result<server_options> read_settings(const settings& all) {
    const reader r(all);
    server_options o;
    const setting& data = *r.find("data");
    if (data.value.empty()) return wrong(data, "name a folder");
    o.data = std::filesystem::absolute(data.value);
    if (auto fine = read_store(*r.find("store"), o); !fine) return fine.error();
    if (auto fine = read_listen(*r.find("listen"), o.listen); !fine) return fine.error();
    if (const setting* backend = r.find("backend"); backend != nullptr) {
        if (backend->value != "host" && backend->value != "sandbox" && backend->value != "container")
            return wrong(*backend, "say host, sandbox or container");
        o.backend = backend->value;
    }
    const auto threads = number_in(r.text("threads"), 1, 256);
    if (!threads) return wrong(*r.find("threads"), "say a number from 1 to 256");
    o.listen.threads = *threads;
    const auto runs = number_in(r.text("runs"), 1, 1000);
    if (!runs) return wrong(*r.find("runs"), "say a number from 1 to 1000");
    o.runs = *runs;
    if (auto fine = read_agents(r, o); !fine) return fine.error();
    const auto calls = number_in(r.text("rate-limit"), 1, 1'000'000'000);
    if (!calls) return wrong(*r.find("rate-limit"), "say a number from 1 on");
    o.listen.calls_an_hour = *calls;
    const std::string local = r.text("local-repos");
    if (local != "yes" && local != "no") return wrong(*r.find("local-repos"), "say yes or no");
    o.local_repositories = local == "yes";
    if (const setting* proxies = r.find("trusted-proxies"); proxies != nullptr)
        if (auto fine = read_proxies(*proxies, o.trusted_proxies); !fine) return fine.error();
    const std::string hosts = r.text("private-hosts");
    if (hosts != "yes" && hosts != "no") return wrong(*r.find("private-hosts"), "say yes or no");
    o.private_hosts = hosts == "yes";
    const auto grace = length_of_time(r.text("grace"));
    if (!grace || *grace > std::chrono::hours(24)) return wrong(*r.find("grace"), "say 30s, 2m or 1h");
    o.listen.grace = *grace;
    if (const setting* keep = r.find("keep-logs"); keep != nullptr)
        if (auto fine = read_retention(*keep, o.keep_logs); !fine) return fine.error();
    if (const setting* keep = r.find("keep-files"); keep != nullptr) {
        o.keep_files = length_of_time(keep->value);
        if (!o.keep_files) return wrong(*keep, "say a time, as in 30d");
    }
    if (auto fine = read_watching(r, o); !fine) return fine.error();
    if ((r.find("tls-cert") == nullptr) != (r.find("tls-key") == nullptr))
        return failure(errc::usage, "TLS needs both --tls-cert FILE and --tls-key FILE");
    o.listen.tls_certificate = r.text("tls-cert");
    o.listen.tls_key = r.text("tls-key");
    if (const setting* url = r.find("public-url"); url != nullptr)
        if (auto fine = read_public_url(*url, o.public_url); !fine) return fine.error();
    if (auto fine = read_first_owner(r, o); !fine) return fine.error();
    auto objects = read_objects(all);
    if (!objects) return objects.error();
    o.objects = std::move(*objects);
    auto sign_in = read_sign_in(all);
    if (!sign_in) return sign_in.error();
    o.sign_in = std::move(*sign_in);
    return o;
}

}  // namespace latchkey::cli
