// SPDX-License-Identifier: Apache-2.0
//
// Tells the service manager that started us how we are (systemd's sd_notify protocol): a datagram to the socket that
// $NOTIFY_SOCKET names. Where there is none, nothing happens. Any thread.
#pragma once

#include <string_view>

namespace latchkey::cli {

// "READY=1", "STOPPING=1"
void tell_service_manager(std::string_view state);

}  // namespace latchkey::cli
