// SPDX-License-Identifier: Apache-2.0
//
// A backup as files: a folder whose SHA256SUMS names all that is in it, or the same folder as a tar archive. Blocks;
// one thread.
#pragma once

#include "runner/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace latchkey::cli {

// By name below the folder.
using checksums = std::map<std::string, std::string>;

// Copies a file into the folder under this name (0600) and notes its checksum. A file that has gone meanwhile is left
// out; one that grows is copied as far as it is there.
result<void> add_to_backup(const std::filesystem::path& folder, const std::string& name,
                           const std::filesystem::path& from, checksums&);
// All plain files below a folder, which may be missing; links are not followed and not kept.
result<void> add_tree_to_backup(const std::filesystem::path& folder, const std::string& name,
                                const std::filesystem::path& from, checksums&);
result<std::string> checksum_of_file(const std::filesystem::path&);
// Writes SHA256SUMS, and all of the folder to the disk.
result<void> finish_backup(const std::filesystem::path& folder, const checksums&);

// Checks that the folder holds exactly what its SHA256SUMS says. corrupt: it does not, with the first that is wrong.
result<checksums> check_backup(const std::filesystem::path& folder);

bool is_archive(const std::filesystem::path&);  // .tar, .tar.gz, .tgz, .tar.xz, .tar.zst
result<void> pack(const std::filesystem::path& folder, const std::filesystem::path& archive);
result<void> unpack(const std::filesystem::path& archive, const std::filesystem::path& folder);

}  // namespace latchkey::cli
