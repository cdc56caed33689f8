// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/man_pages.hpp"

#include "runner/cli/help.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string_view>

namespace latchkey::cli {

namespace {

// One character of UTF-8 text as roff names it; how many bytes it has is taken off.
std::string named_character(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first < 0xe0U ? 2 : first < 0xf0U ? 3 : 4;
    unsigned code = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size && i < text.size(); ++i)
        code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    text.remove_prefix(std::min(size, text.size()));
    char name[16];
    std::snprintf(name, sizeof name, "\\[u%04X]", code);
    return name;
}

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const char c = text.front();
        if (static_cast<unsigned char>(c) >= 0x80) {
            out += named_character(text);
            continue;
        }
        text.remove_prefix(1);
        if (c == '\\')
            out += "\\e";
        else if (c == '-' || c == '\'' || c == '`' || c == '~' || c == '^')
            out += c == '-' ? "\\-" : c == '\'' ? "\\(aq" : c == '`' ? "\\(ga" : c == '~' ? "\\(ti" : "\\(ha";
        else if (c == '"')
            out += "\\(dq";
        else
            out += c;
    }
    return out;
}

// A line of text, which no macro's name begins.
std::string line_of(std::string_view text) {
    const std::string out = escaped(text);
    return (out.starts_with('.') ? "\\&" : "") + out + "\n";
}

// An argument of a macro: words that are names of macros, and signs that are read as punctuation, are text there.
std::string argument(std::string_view text) {
    return "\"\\&" + escaped(text) + "\"";
}

std::string sentences(std::string_view text) {
    std::string out;
    if (text.empty()) return out;
    // A sentence that ends within a line is followed by the next on a line of its own.
    for (std::size_t end = text.find(". "); end != std::string_view::npos; end = text.find(". ")) {
        out += line_of(text.substr(0, end + 1));
        text.remove_prefix(end + 2);
    }
    return out + line_of(text);
}

// Lines that begin with blanks are examples, to be shown as they are.
std::string prose(std::string_view text) {
    std::string out;
    bool literal = false;
    bool gap = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) {
            gap = true;
            continue;
        }
        const bool is_example = line.starts_with("  ");
        if (is_example != literal) {
            out += is_example ? ".Bd -literal -offset indent\n" : ".Ed\n.Pp\n";
            literal = is_example;
        } else if (gap && !out.empty()) {
            out += literal ? "\n" : ".Pp\n";
        }
        gap = false;
        out += literal ? line_of(line.substr(2)) : sentences(line);
    }
    if (literal) out += ".Ed\n";
    return out;
}

std::vector<const CLI::App*> shown_commands(const CLI::App& of) {
    return of.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

std::string typed_as(const CLI::App& command) {
    const std::string path = path_of(command);
    return path.empty() ? "latchkey" : "latchkey " + path;
}

std::string synopsis(const CLI::App& command) {
    std::string out = ".Nm latchkey\n";
    if (const std::string path = path_of(command); !path.empty()) out += ".Cm " + argument(path) + "\n";
    out += ".Op Ar OPTIONS\n";
    if (!shown_commands(command).empty()) return out + ".Ar COMMAND\n";
    for (const CLI::Option* o : command.get_options([](const CLI::Option* each) { return each->get_positional(); }))
        out += (o->get_required() ? ".Ar " : ".Op Ar ") + argument(positional_text(*o)) + "\n";
    return out;
}

std::string list_item(const std::string& tag, const std::string& text) {
    return ".It " + tag + "\n" + sentences(text);
}

// "-f, --file FILE": what is typed as it is, and what stands for something.
std::string option_tag(const CLI::Option& o) {
    const option_words words = words_of(o);
    std::string tag;
    for (const std::string& name : words.names)
        tag += (tag.empty() ? "" : " , ") + std::string("Fl ") + argument(name.substr(1));
    if (!words.value.empty()) tag += " Ar " + argument(words.value);
    return tag;
}

std::string arguments_and_options(const CLI::App& command) {
    std::string out;
    for (const CLI::Option* o : command.get_options([](const CLI::Option* each) { return each->get_positional(); }))
        out += list_item("Ar " + argument(positional_text(*o)), o->get_description());
    for (const CLI::Option* o : command.get_options(
             [](const CLI::Option* each) { return each->nonpositional() && !each->get_group().empty(); }))
        out += list_item(option_tag(*o), description_text(*o));
    return out.empty() ? out : ".Bl -tag -width Ds\n" + out + ".El\n";
}

// The footer without the title that the help has.
std::string examples_of(const CLI::App& command) {
    std::string footer = command.get_footer();
    constexpr std::string_view title = "Examples:\n";
    if (footer.starts_with(title)) footer.erase(0, title.size());
    return prose(footer);
}

// A list and a display make room for themselves.
std::string paragraph(const std::string& text) {
    return (text.starts_with(".B") ? "" : ".Pp\n") + text;
}

std::string below(const CLI::App& command) {
    std::string out;
    for (const CLI::App* sub : shown_commands(command)) {
        out += ".Ss " + escaped(typed_as(*sub)) + "\n" + sentences(sub->get_description() + ".") + ".Pp\n" +
               synopsis(*sub) + arguments_and_options(*sub);
        if (const std::string examples = examples_of(*sub); !examples.empty()) out += paragraph(examples);
        out += below(*sub);
    }
    return out;
}

std::string head(const std::string& name, const std::string& what, const std::string& date) {
    std::string upper = name;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::string text = what;
    if (!text.empty() && text.ends_with('.')) text.pop_back();
    if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return ".\\\" Made from the program's own help.\n.Dd " + date + "\n.Dt " + upper +
           " 1\n.Os Latchkey\n.Sh NAME\n.Nm " + name + "\n.Nd " + escaped(text) + "\n";
}

// The first sentence, or all up to a colon: what a list of pages shows.
std::string in_short(std::string what) {
    return what.substr(0, what.find(". "));
}

man_page page_of(const CLI::App& command, const std::string& date) {
    const std::string name = "latchkey-" + command.get_name();
    std::string text = head(name, in_short(command.get_description()), date);
    text += ".Sh SYNOPSIS\n" + synopsis(command) + ".Sh DESCRIPTION\n" + sentences(command.get_description() + ".");
    const std::string options = arguments_and_options(command);
    text += options;
    const std::string commands = below(command);
    if (!commands.empty()) text += ".Sh COMMANDS\n" + commands;
    const std::string examples = examples_of(command);
    if (!examples.empty()) text += ".Sh EXAMPLES\n" + examples;
    return {name + ".1", text + ".Sh SEE ALSO\n.Xr latchkey 1\n"};
}

}  // namespace

std::vector<man_page> man_pages_of(const CLI::App& program, const std::string& date) {
    std::vector<man_page> pages;
    std::string commands;
    std::string others;
    for (const CLI::App* sub : shown_commands(program)) {
        pages.push_back(page_of(*sub, date));
        commands += list_item("Cm " + argument(sub->get_name()), sub->get_description());
    }
    std::vector<std::string> names;
    for (const man_page& page : pages) names.push_back(page.name.substr(0, page.name.size() - 2));
    std::ranges::sort(names);
    for (const std::string& name : names) others += ".Xr " + name + " 1" + (name == names.back() ? "\n" : " ,\n");
    const std::string what = program.get_description();
    pages.push_back({"latchkey.1", head("latchkey", "CI pipeline runner that holds the keys", date) +
                                       ".Sh SYNOPSIS\n" + synopsis(program) + ".Sh DESCRIPTION\n" + sentences(what) +
                                       arguments_and_options(program) + ".Sh COMMANDS\n.Bl -tag -width Ds\n" +
                                       commands + ".El\n.Sh EXIT STATUS\n" + prose(program.get_footer()) +
                                       ".Sh SEE ALSO\n" + others});
    return pages;
}

}  // namespace latchkey::cli
