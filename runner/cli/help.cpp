// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/help.hpp"

#include "pipelines/diagnostic.hpp"
#include "runner/cli/context.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>

namespace latchkey::cli {

namespace {

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

bool repeats(const CLI::Option& o) {
    return o.get_items_expected_max() > 1;
}

// "-f, --file FILE", with room for the short form where there is none.
std::string option_text(const CLI::Option& o) {
    const option_words words = words_of(o);
    std::string text = o.get_snames().empty() ? "    " : "";
    for (const std::string& name : words.names) text += (&name == &words.names.front() ? "" : ", ") + name;
    return words.value.empty() ? text : text + " " + words.value;
}

bool is_command(const CLI::App* a) {
    return !a->get_group().empty();
}

std::vector<const CLI::App*> commands_of(const CLI::App& a) {
    return a.get_subcommands([](const CLI::App* sub) { return is_command(sub); });
}

class help_format : public CLI::FormatterBase {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
        const auto positionals = app->get_options([](const CLI::Option* o) { return o->get_positional(); });
        const auto options =
            app->get_options([](const CLI::Option* o) { return o->nonpositional() && !o->get_group().empty(); });
        const auto commands = commands_of(*app);

        std::string text = app->get_description() + "\n\nUsage: " + name;
        if (!options.empty()) text += " [OPTIONS]";
        if (!commands.empty()) text += " COMMAND";
        std::vector<std::vector<std::string>> arguments;
        for (const CLI::Option* o : positionals) {
            const std::string what = positional_text(*o);
            text += o->get_required() ? " " + what : " [" + what + "]";
            arguments.push_back({upper(o->get_name()), o->get_description()});
        }
        text += "\n";
        add_section(text, "Arguments", arguments);

        std::vector<std::vector<std::string>> rows;
        for (const CLI::App* sub : commands) rows.push_back({sub->get_name(), sub->get_description()});
        add_section(text, "Commands", rows);

        rows.clear();
        for (const CLI::Option* o : options) rows.push_back({option_text(*o), description_text(*o)});
        std::ranges::rotate(rows, rows.begin() + 1);  // help, which the library has first, last
        add_section(text, "Options", rows);

        const std::string footer = app->get_footer();
        return footer.empty() ? text : text + "\n" + footer + (footer.ends_with('\n') ? "" : "\n");
    }

private:
    static void add_section(std::string& text, const std::string& title,
                            const std::vector<std::vector<std::string>>& rows) {
        if (!rows.empty()) text += "\n" + title + ":\n" + aligned(rows, "  ");
    }
};

std::string with_nearest(std::string text, const std::string& word, const std::vector<std::string>& known) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const std::string_view near = pipelines::nearest(word, candidates);
    if (!near.empty()) text += ": did you mean \"" + std::string(near) + "\"?";
    return text;
}

std::string hint_for(const CLI::App& app) {
    const std::string path = path_of(app);
    return "\n`latchkey " + path + (path.empty() ? "" : " ") + "--help` " +
           (commands_of(app).empty() ? "says how" : "lists the commands");
}

std::string sentence_of(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<std::string> rest = app.remaining();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !rest.empty()) {
        std::vector<std::string> known;
        for (const CLI::Option* o : app.get_options())
            for (const std::string& name : o->get_lnames()) known.push_back("--" + name);
        const std::string word = rest.front().substr(0, rest.front().find('='));
        if (!word.starts_with('-')) return "\"" + word + "\" is one argument too many";
        return with_nearest("there is no option \"" + word + "\"", word, known);
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        for (const CLI::Option* o : app.get_options())
            if (o->get_required() && o->count() == 0)
                return (o->get_positional() ? upper(o->get_name()) : o->get_name()) + " is missing";
    }
    std::string text = error.what();
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return text.substr(0, text.find(':')) + " needs a value";
    if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_format() {
    return std::make_shared<help_format>();
}

option_words words_of(const CLI::Option& o) {
    option_words words;
    if (!o.get_snames().empty()) words.names.push_back("-" + o.get_snames().front());
    if (!o.get_lnames().empty()) words.names.push_back("--" + o.get_lnames().front());
    // A check adds itself to the type's name after a colon: that is for its message, not for here.
    words.value = o.get_type_name().substr(0, o.get_type_name().find(':'));
    return words;
}

std::string description_text(const CLI::Option& o) {
    std::string text = o.get_description();
    if (o.nonpositional() && o.get_required()) text += " (required)";
    if (o.nonpositional() && repeats(o)) text += " (can be given again)";
    if (!o.get_default_str().empty()) text += " (default " + o.get_default_str() + ")";
    return text;
}

std::string positional_text(const CLI::Option& o) {
    return upper(o.get_name()) + (repeats(o) ? "..." : "");
}

std::string path_of(const CLI::App& app) {
    if (app.get_parent() == nullptr) return {};
    const std::string before = path_of(*app.get_parent());
    return before.empty() ? app.get_name() : before + " " + app.get_name();
}

std::string unknown_command(const CLI::App& program, const std::vector<std::string>& words) {
    const CLI::App* at = &program;
    for (const std::string& word : words) {
        const auto below = at->get_subcommands([](const CLI::App*) { return true; });
        if (below.empty() || word.starts_with('-')) return {};
        const auto found = std::ranges::find(below, word, [](const CLI::App* a) { return a->get_name(); });
        if (found == below.end()) {
            std::vector<std::string> known;
            for (const CLI::App* a : commands_of(*at)) known.push_back(a->get_name());
            return with_nearest("there is no command \"" + word + "\"", word, known) + hint_for(*at);
        }
        at = *found;
    }
    if (at->get_subcommands([](const CLI::App*) { return true; }).empty()) return {};
    return "a command is missing" + hint_for(*at);
}

std::string complaint_of(const CLI::App& app, const CLI::ParseError& error) {
    return sentence_of(app, error) + hint_for(app);
}

}  // namespace latchkey::cli
