// SPDX-License-Identifier: Apache-2.0
//
// What each native type does: performs one action, says on `out` what happened, gives its exit code (native.hpp).
// They block, and know nothing of each other. Private to this room.
#pragma once

#include <iosfwd>

namespace latchkey::native {

class action;

int bugsnag(const action&, std::ostream&);
int clear_cache(const action&, std::ostream&);
int cloudflare(const action&, std::ostream&);
int copy_files(const action&, std::ostream&);
int datadog(const action&, std::ostream&);
int datadog_status_check(const action&, std::ostream&);
int discord(const action&, std::ostream&);
int docker_push(const action&, std::ostream&);
int dockerfile(const action&, std::ostream&);
int download(const action&, std::ostream&);  // DOWNLOAD, DOWNLOAD_SSH, DOWNLOAD_FTP, DOWNLOAD_FTPS
int email(const action&, std::ostream&);
int ghost_inspector(const action&, std::ostream&);
int git_push(const action&, std::ostream&);
int google_chat(const action&, std::ostream&);
int honeybadger(const action&, std::ostream&);
int http(const action&, std::ostream&);
int loggly(const action&, std::ostream&);
int microsoft_teams(const action&, std::ostream&);
int ping(const action&, std::ostream&);
int pushbullet(const action&, std::ostream&);
int pushover(const action&, std::ostream&);
int raygun(const action&, std::ostream&);
int replace(const action&, std::ostream&);
int rollbar(const action&, std::ostream&);
int rsync(const action&, std::ostream&);
int sentry(const action&, std::ostream&);
int slack(const action&, std::ostream&);
int split_tests(const action&, std::ostream&);
int ssh_command(const action&, std::ostream&);
int ssl_verify(const action&, std::ostream&);
int tcp(const action&, std::ostream&);
int telegram(const action&, std::ostream&);
int upload(const action&, std::ostream&);  // SFTP, FTP, FTPS, TRANSFER
int web(const action&, std::ostream&);
int web_dav(const action&, std::ostream&);
int zip(const action&, std::ostream&);

}  // namespace latchkey::native
