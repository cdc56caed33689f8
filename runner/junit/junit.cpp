// SPDX-License-Identifier: Apache-2.0
#include "runner/junit/junit.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <pugixml.hpp>
#include <sstream>

namespace latchkey::junit {

namespace {

constexpr int deepest = 32;
constexpr int most_tests = 1'000'000;
constexpr std::size_t longest_message = 300;

// One line, not too long, cut between characters.
std::string in_a_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (space && (line.empty() || line.back() == ' ')) continue;
        line.push_back(space ? ' ' : c);
        if (line.size() > longest_message) break;
    }
    if (line.size() > longest_message) {
        line.resize(longest_message);
        while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0U) == 0x80U) line.pop_back();
        if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0U) line.pop_back();
        line += "…";
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

void count(const pugi::xml_node& test, report& into) {
    ++into.tests;
    for (const pugi::xml_node& child : test.children()) {
        const std::string_view name = child.name();
        if (name == "skipped") {
            ++into.skipped;
            return;
        }
        if (name != "failure" && name != "error") continue;
        ++into.failed;
        if (into.failures.size() == most_failures) return;
        std::string what = test.attribute("classname").value();
        if (!what.empty()) what += ".";
        what += test.attribute("name").value();
        std::string_view why = child.attribute("message").value();
        if (why.empty()) why = child.child_value();
        into.failures.push_back(in_a_line(in_a_line(what) + (why.empty() ? "" : ": " + in_a_line(why))));
        return;
    }
}

// XML has no place for control characters and halves of characters, however they are written.
std::string xml_text(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t length = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
        bool good = length > 0 && c < 0xf5 && i + length <= text.size() &&
                    (length > 1 || c >= 0x20 || c == '\n' || c == '\t') && c != 0x7f;
        for (std::size_t k = 1; good && k < length; ++k)
            good = (static_cast<unsigned char>(text[i + k]) & 0xc0U) == 0x80U;
        // Surrogates, and the two last of the first plane.
        if (good && c == 0xed) good = static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (good && text.substr(i, 2) == "\xef\xbf") good = static_cast<unsigned char>(text[i + 2]) < 0xbe;
        if (good)
            out += text.substr(i, length);
        else
            out.push_back('?');
        i += good ? length : 1;
    }
    return out;
}

std::string seconds(std::chrono::milliseconds took) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%03lld", static_cast<long long>(took.count() / 1000),
                  static_cast<long long>(took.count() % 1000));
    return text.data();
}

}  // namespace

void report::add(const report& other) {
    tests += other.tests;
    failed += other.failed;
    skipped += other.skipped;
    for (const std::string& f : other.failures)
        if (failures.size() < most_failures) failures.push_back(f);
}

std::string report::summary() const {
    std::string text = std::to_string(tests) + (tests == 1 ? " test" : " tests");
    if (failed > 0) text += ", " + std::to_string(failed) + " failed";
    if (skipped > 0) text += ", " + std::to_string(skipped) + " skipped";
    return text;
}

result<report> read(std::string_view bytes) {
    if (bytes.size() > largest_report) return failure(errc::invalid, "is larger than 16 MB");
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
    if (!parsed)
        return failure(errc::invalid, "is not XML: " + std::string(parsed.description()) + " at byte " +
                                          std::to_string(parsed.offset));
    const pugi::xml_node root = document.document_element();
    const std::string_view name = root.name();
    if (name != "testsuites" && name != "testsuite")
        return failure(errc::invalid, "is XML, but no report of JUnit's form");
    report found;
    int depth = 0;
    for (pugi::xml_node at = root; at;) {
        const bool is_test = std::string_view(at.name()) == "testcase";
        if (is_test) count(at, found);
        if (found.tests > most_tests) return failure(errc::invalid, "has more than 1,000,000 tests");
        if (!is_test && depth < deepest && at.first_child()) {
            at = at.first_child();
            ++depth;
            continue;
        }
        while (at && at != root && !at.next_sibling()) {
            at = at.parent();
            --depth;
        }
        at = at == root ? pugi::xml_node() : at.next_sibling();
    }
    return found;
}

std::string write(const std::string& suite, const std::vector<test_case>& cases) {
    pugi::xml_document document;
    pugi::xml_node declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    pugi::xml_node root = document.append_child("testsuites").append_child("testsuite");
    std::chrono::milliseconds all{0};
    const auto number = [&cases](outcome o) {
        return static_cast<long long>(std::ranges::count(cases, o, &test_case::outcome));
    };
    for (const test_case& c : cases) all += c.took;
    root.append_attribute("name") = xml_text(suite).c_str();
    root.append_attribute("tests") = static_cast<long long>(cases.size());
    root.append_attribute("failures") = number(outcome::failed);
    root.append_attribute("errors") = number(outcome::error);
    root.append_attribute("skipped") = number(outcome::skipped);
    root.append_attribute("time") = seconds(all).c_str();
    for (const test_case& c : cases) {
        pugi::xml_node one = root.append_child("testcase");
        one.append_attribute("name") = xml_text(c.name).c_str();
        one.append_attribute("classname") = xml_text(suite).c_str();
        one.append_attribute("time") = seconds(c.took).c_str();
        if (c.outcome == outcome::passed) continue;
        constexpr std::array kinds = {"", "failure", "error", "skipped"};
        pugi::xml_node why = one.append_child(kinds.at(static_cast<std::size_t>(c.outcome)));
        if (!c.message.empty()) why.append_attribute("message") = xml_text(c.message).c_str();
        if (!c.text.empty()) why.append_child(pugi::node_pcdata).set_value(xml_text(c.text).c_str());
    }
    std::ostringstream out;
    document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
    return out.str();
}

}  // namespace latchkey::junit
