// SPDX-License-Identifier: Apache-2.0
#include "runner/native/host_login.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::native {

namespace {

int number_in(const std::string& text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string text_of_key(const action& a, const std::string& named) {
    return named.find("PRIVATE KEY") != std::string::npos ? named : a.key(named);
}

result<host_login> by_older_keys(const action& a) {
    host_login login;
    login.host = a.text("host");
    login.port = a.number("port", 0);
    login.user = a.text("login");
    const std::string mode = a.text("authentication_mode");
    if (mode == "ENV_KEY") {
        // The variable's name, or its value where the definition says $NAME.
        const std::string named = a.text("env_key");
        login.key = text_of_key(a, named);
        if (login.key.empty())
            return failure(errc::invalid, "the variable that env_key names has no value: give it with --secret-file");
    } else if (mode == "PRIVATE_KEY") {
        login.key = a.text("private_key").empty() ? a.text("key") : a.text("private_key");
        if (login.key.empty())
            return failure(errc::invalid, "authentication_mode PRIVATE_KEY needs the key private_key");
    } else if (mode == "WORKSPACE_KEY" || mode == "PUBLIC_KEY" || mode == "PUBLIC_BUDDY_KEY") {
        auto key = default_key(a, mode);
        if (!key) return key.error();
        login.key = std::move(*key);
    } else {
        login.password = a.text("password");
    }
    return login;
}

result<host_login> by_target(const action& a, const std::map<std::string, std::string>& target) {
    const auto get = [&target](const char* key) {
        const auto at = target.find(key);
        return at == target.end() ? std::string() : at->second;
    };
    host_login login;
    login.host = get("host");
    login.port = number_in(get("port"));
    login.path = get("path");
    login.type = get("type");
    login.secure = get("secure") == "true";
    login.user = get("auth.username");
    const std::string method = get("auth.method");
    if (method == "SSH_KEY") {
        login.key = text_of_key(a, get("auth.key"));
    } else if (method == "ASSETS_KEY") {
        login.key = a.key(get("auth.asset"));
        if (login.key.empty())
            return failure(errc::invalid,
                           "auth.asset of a target names no key that is here: id_workspace and "
                           "id_project are a server's, others are variables of the type SSH_KEY");
    } else if (method == "PASSWORD" || method.empty()) {
        login.password = get("auth.password");
    } else {
        return failure(errc::invalid, "auth.method " + method +
                                          " of a target can't be used here: use PASSWORD, SSH_KEY or ASSETS_KEY");
    }
    if (get("type") == "MATCH" || (login.host.empty() && !get("target").empty()))
        return failure(errc::invalid,
                       "the target " + get("target") + " is not in this file: write its host, port and auth here");
    return login;
}

// What would be taken for an option, or for two words.
bool may_be_a_word(const std::string& text) {
    return !text.empty() && text.front() != '-' &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

}  // namespace

result<std::string> default_key(const action& a, const std::string& mode) {
    std::string key = a.key(mode == "WORKSPACE_KEY" ? "id_workspace" : "id_project");
    if (key.empty())
        return failure(errc::invalid, mode +
                                          " names a key that a server has, and gives to no fork's run: use ENV_KEY "
                                          "with a variable of the type SSH_KEY");
    return key;
}

result<std::vector<host_login>> logins_of(const action& a) {
    std::vector<host_login> all;
    for (const auto& target : a.maps("targets")) {
        auto login = by_target(a, target);
        if (!login) return login.error();
        all.push_back(std::move(*login));
    }
    if (all.empty()) {
        auto login = by_older_keys(a);
        if (!login) return login.error();
        all.push_back(std::move(*login));
    }
    for (const host_login& login : all) {
        if (!may_be_a_word(login.host))
            return failure(errc::invalid, "no host is named: add host, or targets with a host");
        if (!may_be_a_word(login.user))
            return failure(errc::invalid, "no user is named: add login, or auth.username to the target");
        if (login.port < 0 || login.port > 65535) return failure(errc::invalid, "port is not a port's number");
    }
    return all;
}

}  // namespace latchkey::native
