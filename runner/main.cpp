// SPDX-License-Identifier: Apache-2.0
//
// latchkey: the program.
#include "runner/cli/args.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>

int main(int argc, char** argv) {
    // Whoever read our output may go: that must not end a run half-way. Actions get the default back.
    std::signal(SIGPIPE, SIG_IGN);
    std::ios::sync_with_stdio(false);
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    const bool interactive = terminal && ::isatty(STDIN_FILENO) == 1;
    const char* no_colour = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    const bool colour =
        terminal && (no_colour == nullptr || *no_colour == '\0') && !(kind != nullptr && std::string(kind) == "dumb");
    try {
        latchkey::cli::context context(std::cin, std::cout, std::cerr, interactive, colour);
        const int code = latchkey::cli::run_line(context, {argv + 1, argv + argc});
        std::cout.flush();
        return code;
    } catch (const std::exception& e) {
        // Only a bug comes here.
        std::cerr << "latchkey: internal error: " << e.what() << "; please report it\n";
        return latchkey::cli::exit_infrastructure;
    }
}
