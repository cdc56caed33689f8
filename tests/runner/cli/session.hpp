// SPDX-License-Identifier: Apache-2.0
//
// The real program in a home, data folder and project of its own, as a user has it. One owner, one thread.
#pragma once

#include "tests/support/temp_dir.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace latchkey::test {

struct said {
    int code = 0;
    std::string out;    // standard output and error
    bool echo = false;  // of a terminal: it shows what is typed, at the end
};

class session {
public:
    // The name of the project's folder.
    explicit session(std::string name = "shop");

    // Runs `latchkey WORDS…` in the project; `input` is its standard input.
    said latchkey(const std::vector<std::string>& words, const std::string& input = {}) const;
    // The same, and each line that it prints is told as soon as it is there.
    said watch(const std::vector<std::string>& words, const std::function<void(const std::string&)>& on_line) const;
    // Any other program likewise, by its path.
    said program(const std::vector<std::string>& argv, const std::string& input = {}) const;

    // Starts it and goes on; `output` is to be read to its end and closed, `pid` to be waited for.
    struct started {
        int pid = -1;
        int output = -1;
    };
    started start(const std::vector<std::string>& words) const;

    // The same on a terminal: `answers` are typed one after another, each when the text before it has been printed.
    struct exchange {
        std::string until;
        std::string answer;
    };
    said on_terminal(const std::vector<std::string>& words, const std::vector<exchange>& answers) const;

    // For everything that is run from now on.
    void set(const std::string& name, const std::string& value) { more_.push_back(name + "=" + value); }

    void write(const std::string& file, const std::string& text) const;
    std::filesystem::path project() const { return home_.path() / project_; }
    std::filesystem::path data() const { return home_ / "data"; }

    // Every file of the data folder that holds these bytes.
    std::vector<std::string> files_with(const std::string& bytes) const;

private:
    std::vector<std::string> environment() const;
    said program(const std::vector<std::string>& argv, const std::string& input,
                 const std::function<void(const std::string&)>& on_line) const;
    temp_dir home_;
    std::string project_;
    std::vector<std::string> more_;
};

}  // namespace latchkey::test
