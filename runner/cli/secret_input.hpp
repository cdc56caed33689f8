// SPDX-License-Identifier: Apache-2.0
//
// How secrets come in: from a file, from standard input, or typed without being shown. Never from the command line,
// where every process could read them. One thread; blocks on a person.
#pragma once

#include "runner/cli/context.hpp"
#include "runner/vault/secret.hpp"

#include <map>
#include <string>
#include <string_view>

namespace latchkey::cli {

// "@FILE" or "-" as in --field token=@FILE. One line end at the end is not part of it. usage: it is neither.
result<vault::secret> secret_from(context&, const std::string& source);

// Asks on the terminal, echo off, and turns it on again whatever happens. usage: nobody is there to ask.
result<vault::secret> ask_secret(context&, const std::string& question);

// KEY=value lines; blank lines and lines that start with # are nothing. "-" is standard input.
result<std::map<std::string, vault::secret>> read_secret_file(context&, const std::string& path);

// The same of text that was read; messages name `path` and a line, never what is in it.
result<std::map<std::string, vault::secret>> secrets_in(std::string_view text, const std::string& path);

// y or n; the default is no. False where nobody is there to ask.
bool ask_yes(context&, const std::string& question);

}  // namespace latchkey::cli
