// SPDX-License-Identifier: Apache-2.0
//
// What a script's shell had exported at its end. The script begins with a trap that makes the shell write its exports
// to a private file, $LATCHKEY_EXPORTED, as it ends; a program may append NAME=value lines to it. Output is never
// parsed. A script that sets a trap on EXIT of its own, or replaces its shell by `exec`, exports nothing. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::exec {

inline constexpr std::string_view exported_variable = "LATCHKEY_EXPORTED";
inline constexpr std::string_view exported_name = "exported";  // of the file
inline constexpr std::size_t longest_exported = std::size_t{1} << 20U;

// Before the first command, on its line, so that line numbers in messages stay. For SH and BASH.
inline constexpr std::string_view export_at_end = "trap 'export -p >>\"$LATCHKEY_EXPORTED\"' EXIT; ";

// Whether a script may set a variable of its shell. One in which nothing can needs no trap, which costs as much as
// starting its shell's smallest program. In doubt: true.
bool may_set_variables(std::string_view script);

using variables = std::vector<std::pair<std::string, std::string>>;

// The file's variables in their order, a name as often as it is there. Understands what dash, bash and busybox write
// (`export N='v'`, `declare -x N="v"`, `declare -x N=$'v'`) and plain NAME=value lines; anything else is passed over.
variables parse_exported(std::string_view);

}  // namespace latchkey::exec
