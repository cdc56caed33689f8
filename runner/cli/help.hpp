// SPDX-License-Identifier: Apache-2.0
//
// How the command line explains itself: the layout of every help text, and what is wrong with a line, in one
// sentence. Pure, no thread rule. The argument library's types are named only, so that its header stays in two files.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class FormatterBase;
class Option;
class ParseError;
}  // namespace CLI

namespace latchkey::cli {

std::shared_ptr<CLI::FormatterBase> make_help_format();

// "run", "integration add": the words that lead from the program to this command.
std::string path_of(const CLI::App&);

// An option's "-f", "--file" and "FILE".
struct option_words {
    std::vector<std::string> names;
    std::string value;
};
option_words words_of(const CLI::Option&);
// What it means, with its default and whether it has to be given.
std::string description_text(const CLI::Option&);
// "RUN", "FILE...": an argument without a name.
std::string positional_text(const CLI::Option&);

// Complaints are one sentence, and a line that says where help is.

// The first word that is no command where one is needed; empty: there is none.
std::string unknown_command(const CLI::App& program, const std::vector<std::string>& words);

// What is wrong with the arguments of a command.
std::string complaint_of(const CLI::App&, const CLI::ParseError&);

}  // namespace latchkey::cli
