// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/service_manager.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey::cli {

void tell_service_manager(std::string_view state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un to{};
    const std::size_t length = path == nullptr ? 0 : std::strlen(path);
    // A path, or a name that the kernel keeps, written with @ in front.
    if (length < 2 || length >= sizeof to.sun_path || (*path != '/' && *path != '@')) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path, length);
    if (*path == '@') to.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    // Who does not listen any more is not waited for.
    (void)::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&to),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(fd);
}

}  // namespace latchkey::cli
