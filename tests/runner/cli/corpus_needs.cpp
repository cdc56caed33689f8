// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/cli/corpus_needs.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace latchkey::test {

namespace {

namespace fs = std::filesystem;

bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.+-/@").find(c) != std::string_view::npos;
}

bool in_name(char c) {
    return in_word(c) && std::string_view(".+-/@").find(c) == std::string_view::npos;
}

std::vector<std::string> words_of(std::string_view command) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < command.size();) {
        const std::size_t start = at;
        while (at < command.size() && in_word(command[at])) ++at;
        // What is glued to a variable is no path that could be made before.
        const bool glued =
            (start > 0 && std::string_view("$}{*").find(command[start - 1]) != std::string_view::npos) ||
            (at < command.size() && std::string_view("${*").find(command[at]) != std::string_view::npos);
        if (at > start && !glued) words.emplace_back(command.substr(start, at - start));
        if (at == start) ++at;
    }
    return words;
}

void each_command(const pipelines::action& a, const std::function<void(const std::string&)>& told) {
    for (const pipelines::text& c : a.setup_commands) told(c.value);
    for (const pipelines::text& c : a.commands) told(c.value);
}

// A path in the repository; empty: it is none.
fs::path inside(const std::string& word) {
    if (word.empty() || word.front() == '/' || word.front() == '-' || word.front() == '@') return {};
    const fs::path path = fs::path(word).lexically_normal();
    if (path.empty() || *path.begin() == ".." || path == "." || path.begin()->string() == ".git") return {};
    return path.has_filename() ? path : path.parent_path();
}

void add_folder(std::set<fs::path>& to, fs::path folder) {
    for (; !folder.empty(); folder = folder.parent_path()) to.insert(folder);
}

}  // namespace

void add_needs(const pipelines::document& d, image_needs& to) {
    const auto add = [&to](const std::string& command) {
        for (const std::string& word : words_of(command))
            if (in_name(word.front()) && word.find_first_of("/@") == std::string::npos && word.size() < 60)
                to.programs.insert(word);
            else if (word.starts_with("/usr/") || word.starts_with("/etc/") || word.starts_with("/root/"))
                to.folders.insert(fs::path(word).lexically_normal().parent_path());
    };
    for (const pipelines::pipeline& p : d.pipelines)
        for (const pipelines::action& a : p.actions) each_command(a, add);
}

repository_needs repository_of(const pipelines::pipeline& p) {
    repository_needs n;
    std::set<fs::path> starts = {""};  // where commands are: the root, and what a cd goes to
    std::set<fs::path> paths;
    for (const pipelines::action& a : p.actions) {
        const auto look = [&](const std::string& command) {
            bool after_cd = false;
            for (const std::string& word : words_of(command)) {
                const fs::path path = inside(word);
                if (after_cd && !path.empty()) starts.insert(path);
                if (!after_cd && !path.empty() && word.find('/') != std::string::npos) paths.insert(path);
                after_cd = word == "cd";
            }
        };
        each_command(a, look);
        if (a.type.value == "DOCKERFILE") {
            const auto* file = pipelines::field_of(a, "dockerfile_path");
            n.dockerfiles.insert(inside(file == nullptr || file->text.empty() ? "Dockerfile" : file->text));
            if (const auto* context = pipelines::field_of(a, "context_path"))
                add_folder(n.folders, inside(context->text));
        }
        // What an earlier action would have built, to be sent somewhere.
        if (const auto* sent = pipelines::field_of(a, "local_path")) {
            const fs::path folder = inside(fs::path(sent->text.substr(0, sent->text.find('*'))).relative_path());
            if (!folder.empty()) add_folder(n.folders, folder);
        }
        if (const fs::path start = inside(a.working_directory.value); !start.empty()) add_folder(n.folders, start);
    }
    for (const fs::path& start : starts) add_folder(n.folders, start);
    for (const fs::path& start : starts)
        for (const fs::path& path : paths) {
            const fs::path whole = (start / path).lexically_normal();
            add_folder(n.folders, whole.parent_path());
            n.scripts.insert(whole);
        }
    for (const fs::path& file : n.dockerfiles) add_folder(n.folders, file.parent_path());
    std::erase_if(n.scripts, [&n](const fs::path& s) { return n.folders.contains(s) || n.dockerfiles.contains(s); });
    return n;
}

std::set<std::string> encrypted_variables(const pipelines::pipeline& p) {
    std::set<std::string> names;
    const auto add = [&names](const std::vector<pipelines::variable>& all) {
        for (const pipelines::variable& v : all)
            if (v.encrypted || v.sealed) names.insert(v.key.value);
    };
    add(p.variables);
    for (const pipelines::action& a : p.actions) add(a.variables);
    return names;
}

std::set<std::string> unset_variables(const pipelines::pipeline& p, std::string_view text) {
    std::set<std::string> set = encrypted_variables(p);
    const auto note = [&set](const std::vector<pipelines::variable>& all) {
        for (const pipelines::variable& v : all) set.insert(v.key.value);
    };
    note(p.variables);
    for (const pipelines::action& a : p.actions) {
        note(a.variables);
        for (const pipelines::text& each : a.loop) set.insert(each.value);
    }
    std::set<std::string> unset;
    for (const pipelines::variable& v : p.variables)
        if (!v.value && !v.encrypted) unset.insert(v.key.value);
    for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
        std::size_t start = at + 1;
        if (start < text.size() && text[start] == '{') ++start;
        std::size_t end = start;
        while (end < text.size() && in_name(text[end])) ++end;
        const std::string name(text.substr(start, end - start));
        if (name.empty() || name.starts_with("BUDDY_") || (name.front() >= '0' && name.front() <= '9')) continue;
        // A script's own variables are its own: it would be told another value than it sets.
        const bool assigned = text.find(name + "=") != std::string_view::npos ||
                              text.find("for " + name + " in") != std::string_view::npos ||
                              text.find("read " + name) != std::string_view::npos;
        if (!assigned && !set.contains(name)) unset.insert(name);
    }
    for (const char* of_a_machine : {"PATH", "HOME", "PWD", "USER", "SHELL", "HOSTNAME"}) unset.erase(of_a_machine);
    return unset;
}

}  // namespace latchkey::test
