// SPDX-License-Identifier: Apache-2.0
#include "pipelines/yaml.hpp"

#include "pipelines/yaml_text.hpp"
#include "pipelines/yaml_tree.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <streambuf>

namespace latchkey::pipelines::yaml {

namespace {

// Lets the parser read the text where it lies.
class text_buffer : public std::streambuf {
public:
    explicit text_buffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // a get area is never written to
        setg(begin, begin, begin + text.size());
    }
};

std::uint32_t offset_of(const YAML::Mark& mark, std::string_view text) {
    if (mark.pos < 0) return 0;
    return static_cast<std::uint32_t>(std::min<std::size_t>(static_cast<std::size_t>(mark.pos), text.size()));
}

class event_forwarder : public YAML::EventHandler {
public:
    event_forwarder(tree_builder& tree, std::string_view text) : tree_(tree), text_(text) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        tree_.null(offset_of(mark, text_), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        tree_.alias(offset_of(mark, text_), anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        tree_.scalar(offset_of(mark, text_), tag, anchor, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        tree_.open(kind::sequence, offset_of(mark, text_), tag, anchor, style == YAML::EmitterStyle::Flow);
    }
    void OnSequenceEnd() override { tree_.close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        tree_.open(kind::map, offset_of(mark, text_), tag, anchor, style == YAML::EmitterStyle::Flow);
    }
    void OnMapEnd() override { tree_.close(); }

private:
    tree_builder& tree_;
    std::string_view text_;
};

// Where content begins in a further document, if anything is in it.
class content_finder : public YAML::EventHandler {
public:
    explicit content_finder(std::string_view text) : text_(text) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    // The parser yields nothing, for ever, at a token that it neither reads nor refuses.
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
        const std::uint32_t here = offset_of(mark, text_);
        if (last_null_ == here) found(mark);
        last_null_ = here;
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { found(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
        found(mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        found(mark);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
        found(mark);
    }
    void OnMapEnd() override {}

    std::optional<std::uint32_t> at() const { return at_; }

private:
    void found(const YAML::Mark& mark) {
        if (!at_) at_ = offset_of(mark, text_);
    }
    std::string_view text_;
    std::optional<std::uint32_t> at_;
    std::optional<std::uint32_t> last_null_;
};

struct explanation {
    std::string_view parser_says;  // how its message begins
    const char* code;
    const char* message;
    const char* help;
};

constexpr const char* same_column =
    "what belongs together starts in the same column; what belongs to a line above is indented further";
constexpr const char* quote_it = "put the whole value in quotes";

constexpr std::array explanations = {
    explanation{"end of map not found", "P006", "this line does not continue the map that it stands in", same_column},
    explanation{"end of sequence not found", "P006", "this line does not continue the list that it stands in",
                same_column},
    explanation{"end of map flow not found", "P006", "a `{` is not closed before this",
                "close it with `}`, or put the value in quotes"},
    explanation{"end of sequence flow not found", "P006", "a `[` is not closed before this",
                "close it with `]`, or put the value in quotes"},
    explanation{"illegal map value", "P006", "a second `: ` makes this value look like a map", quote_it},
    explanation{"illegal map key", "P006", "a key can't stand here", same_column},
    explanation{"illegal block entry", "P006", "a list can't start on the line of its key",
                "start it on the next line, each item with `- `"},
    explanation{"illegal flow end", "P006", "this bracket closes nothing", "remove it, or put the value in quotes"},
    explanation{"unknown token", "P006", "a value can't start with this character", quote_it},
    explanation{"unknown escape character", "P006", "a backslash in double quotes starts an escape, and this is none",
                "use single quotes, or write the backslash twice"},
    explanation{"bad character found while scanning hex", "P006", "this escape needs hexadecimal digits",
                "use single quotes, or write the backslash twice"},
    explanation{"invalid unicode", "P006", "this escape names no character",
                "use single quotes, or write the backslash twice"},
    explanation{"the referenced anchor is not defined", "P015",
                "`*` at the start of a value refers to an anchor, and there is none of this name", quote_it},
    explanation{"alias not found after *", "P015",
                "`*` at the start of a value refers to an anchor, and no name follows", quote_it},
    explanation{"illegal character found while scanning alias", "P015",
                "`*` at the start of a value refers to an anchor, and this is not a name", quote_it},
    explanation{"anchor not found after &", "P015",
                "`&` at the start of a value defines an anchor, and no name follows", quote_it},
    explanation{"illegal character found while scanning anchor", "P015",
                "`&` at the start of a value defines an anchor, and this is not a name", quote_it},
    explanation{"illegal character found while scanning tag", "P006",
                "`!` at the start of a value starts a tag, and this is none", quote_it},
    explanation{"tag handle with no suffix", "P006",
                "`!` at the start of a value starts a tag, and this one has no name", quote_it},
    explanation{"end of verbatim tag not found", "P006", "`!<` starts a tag that is not closed", quote_it},
    explanation{"cannot assign multiple tags", "P006", "a value has two tags", "keep one"},
    explanation{"cannot assign multiple anchors", "P006", "a value has two anchors", "keep one"},
    explanation{"aliases can't have any content", "P006", "an alias can't have a tag or an anchor of its own",
                "remove it"},
    explanation{"illegal tab", "P007", "a tab is used for indentation", "indent with spaces"},
    explanation{"illegal document indicator in scalar", "P008", "a quote is not closed before this document marker",
                "close it"},
    explanation{"illegal EOF in scalar", "P008", "a quote is not closed before the end of the file", "close it"},
    explanation{"cannot set zero indentation", "P006", "a block of text can't be indented by 0",
                "write `|` or `>` without a number"},
    explanation{"unexpected character in block scalar", "P006", "after `|` or `>` the line has to end",
                "start the text on the next line"},
    explanation{"YAML", "P006", "this line is not a YAML directive", "remove it: a pipeline file needs none"},
    explanation{"bad YAML version", "P006", "this YAML version is not known",
                "remove the directive: a pipeline file needs none"},
    explanation{"repeated", "P006", "this directive stands here again", "remove it: a pipeline file needs none"},
    explanation{"TAG", "P006", "this line is not a tag directive", "remove it: a pipeline file needs none"},
    explanation{"bad file", "P013", "the structure nests too deeply", "flatten it"},
};

// Two slips that are frequent enough to be told apart from what else gives the same error: a list item under a map
// whose key is missing, and a key that is indented too far, so that it reads as more of the value above.
void sharpen(std::string_view text, std::uint32_t at, std::string_view parser_says, diagnostic& problem) {
    const std::size_t line_begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    const std::size_t first = std::min(text.find_first_not_of(' ', line_begin), text.size());
    const bool second_colon = parser_says.starts_with("illegal map value");
    const bool end_of_map = parser_says.starts_with("end of map not found");
    if (!second_colon && !end_of_map) return;
    if (second_colon && text.substr(first, at > first ? at - first : 0).find(": ") != std::string_view::npos) return;
    if (text.substr(first).starts_with("- ")) {
        problem.message = "a list item stands where a key of the map above is expected";
        problem.help =
            "give the list a key on the line before it, such as `actions:`, or align the item with its list";
    } else if (second_colon) {
        problem.message = "this key is indented as if it belonged to the value above";
        problem.help = same_column;
    } else {
        return;
    }
    const auto line_end = static_cast<std::uint32_t>(std::min(text.find_first_of("\r\n", first), text.size()));
    problem.where = {static_cast<std::uint32_t>(first), line_end};
}

void explain(const source& file, const YAML::Exception& error, const tree_builder& tree, diagnostics& problems) {
    const std::string_view text = file.text();
    std::uint32_t at = error.mark.is_null() ? static_cast<std::uint32_t>(text.size()) : offset_of(error.mark, text);
    if (const auto tab = indenting_tab(file, at)) {
        problems.push_back({severity::error, "P007", *tab, "a tab is used for indentation", "indent with spaces"});
        return;
    }
    // At the end of the file or of a line, the last thing that was written is a better place than the void.
    while (at > 0 && (at >= text.size() || text[at] == '\n' || text[at] == '\r')) --at;
    std::uint32_t end = at;
    while (end < text.size() && text[end] != '\n' && text[end] != '\r' && text[end] != ' ') ++end;
    const span where{at, std::max(end, std::min(at + 1, static_cast<std::uint32_t>(text.size())))};

    diagnostic problem{severity::error, "P006", where, "this is not YAML: " + error.msg, quote_it};
    for (const explanation& known : explanations) {
        if (!std::string_view(error.msg).starts_with(known.parser_says)) continue;
        problem.code = known.code;
        problem.message = known.message;
        problem.help = known.help;
        break;
    }
    sharpen(text, at, error.msg, problem);
    if (const auto quote = tree.long_quote(); quote && quote->end <= at) {
        const std::uint32_t first = file.at(quote->begin).line;
        const std::uint32_t last = file.at(quote->end).line;
        if (last + 1 >= file.at(at).line) {
            problem.help = "a quote opened in line " + std::to_string(first) + " reaches to line " +
                           std::to_string(last) + ": is its end missing?";
        }
    }
    problems.push_back(std::move(problem));
}

// True if nothing but comments follows the document that was read.
bool check_single_document(const source& file, YAML::Parser& parser, std::uint32_t reached, diagnostics& problems) {
    const std::string_view text = file.text();
    content_finder finder(text);
    while (!finder.at() && parser.HandleNextDocument(finder)) {
    }
    if (!finder.at()) return true;
    const std::uint32_t at = *finder.at();
    if (const auto marker = document_marker(text, reached, at + 1)) {
        problems.push_back({severity::error, "P009", *marker, "a second document starts here",
                            "put all pipelines into one list, or each document into a file of its own"});
        return false;
    }
    const auto line_end = static_cast<std::uint32_t>(std::min(text.find_first_of("\r\n", at), text.size()));
    problems.push_back({severity::error,
                        "P010",
                        {at, line_end},
                        "this line stands outside of the structure that ended before it",
                        "indent it like the lines that it belongs to"});
    return false;
}

}  // namespace

const node* node::find(std::string_view key) const {
    const auto found = std::ranges::find_if(entries, [key](const entry& e) { return e.key == key; });
    return found == entries.end() ? nullptr : &found->value;
}

std::optional<node> read(const source& file, diagnostics& problems, const limits& bounds) {
    if (file.text().size() > bounds.bytes) {
        problems.push_back({severity::error,
                            "P001",
                            {},
                            "the file is larger than " + std::to_string(bounds.bytes) + " bytes",
                            "split it into several files"});
        return std::nullopt;
    }
    if (!check_characters(file, problems)) return std::nullopt;

    tree_builder tree(file, bounds, problems);
    text_buffer buffer(file.text());
    std::istream stream(&buffer);
    try {
        YAML::Parser parser(stream);
        event_forwarder events(tree, file.text());
        const bool any = parser.HandleNextDocument(events);
        if (tree.stopped()) return std::nullopt;
        std::optional<node> root = tree.take();
        if (!any || !root || root->kind == kind::null) {
            if (!any || check_single_document(file, parser, tree.reached(), problems))
                problems.push_back(
                    {severity::error, "P005", {}, "the file holds no pipeline", "start it with `- pipeline: name`"});
            return std::nullopt;
        }
        if (!check_single_document(file, parser, tree.reached(), problems)) return std::nullopt;
        return root;
    } catch (const YAML::Exception& error) {
        if (!tree.stopped()) explain(file, error, tree, problems);
        return std::nullopt;
    }
}

}  // namespace latchkey::pipelines::yaml
