// SPDX-License-Identifier: Apache-2.0
#include "runner/native/native.hpp"

#include "runner/native/action.hpp"
#include "runner/native/types.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ostream>
#include <utility>

namespace latchkey::native {

namespace {

constexpr std::array<std::pair<std::string_view, perform_function>, 42> types = {{
    {"BUGSNAG", bugsnag},
    {"CLEAR_CACHE", clear_cache},
    {"CLOUDFLARE", cloudflare},
    {"COPY_FILES", copy_files},
    {"DATADOG", datadog},
    {"DATADOG_STATUS_CHECK", datadog_status_check},
    {"DISCORD", discord},
    {"DOCKERFILE", dockerfile},
    {"DOCKER_PUSH", docker_push},
    {"DOWNLOAD", download},
    {"DOWNLOAD_FTP", download},
    {"DOWNLOAD_FTPS", download},
    {"DOWNLOAD_SSH", download},
    {"EMAIL", email},
    {"FTP", upload},
    {"FTPS", upload},
    {"GHOST_INSPECTOR", ghost_inspector},
    {"GOOGLE_CHAT", google_chat},
    {"HONEYBADGER", honeybadger},
    {"HTTP", http},
    {"LOGGLY", loggly},
    {"MICROSOFT_TEAMS", microsoft_teams},
    {"PING", ping},
    {"PUSH", git_push},
    {"PUSHBULLET", pushbullet},
    {"PUSHOVER", pushover},
    {"RAYGUN", raygun},
    {"REPLACE", replace},
    {"ROLLBAR", rollbar},
    {"RSYNC", rsync},
    {"SENTRY", sentry},
    {"SFTP", upload},
    {"SLACK", slack},
    {"SPLIT_TESTS", split_tests},
    {"SSH_COMMAND", ssh_command},
    {"SSL_VERIFY", ssl_verify},
    {"TCP", tcp},
    {"TELEGRAM", telegram},
    {"TRANSFER", upload},
    {"WEB", web},
    {"WEB_DAV", web_dav},
    {"ZIP", zip},
}};

}  // namespace

perform_function find(std::string_view type) {
    const auto at = std::ranges::find(types, type, &std::pair<std::string_view, perform_function>::first);
    return at == types.end() ? nullptr : at->second;
}

int main_of(std::string_view type, std::ostream& out) {
    const perform_function perform = find(type);
    const char* file = std::getenv("LATCHKEY_ACTION");
    if (perform == nullptr || file == nullptr) {
        out << "latchkey-native is run by Latchkey itself, for actions of the types that it performs\n";
        return 2;
    }
    const auto a = action::read(file);
    if (!a) {
        out << a.error().what << "\n";
        return 2;
    }
    return perform(*a, out);
}

}  // namespace latchkey::native
