// SPDX-License-Identifier: Apache-2.0
//
// What a folder of an SFTP server holds, read from the two forms in which libcurl gives it: the names alone, and the
// lines that the server writes for people, which say what each is. A server may send anything. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::native {

enum class remote_kind : unsigned char { file, folder, other };  // other: a link, a device

struct remote_entry {
    std::string name;  // as the server has it: not checked
    remote_kind kind = remote_kind::file;
};

// "." and ".." are left out. A name without a line of its own is taken for a file.
std::vector<remote_entry> read_listing(std::string_view names, std::string_view lines);

}  // namespace latchkey::native
