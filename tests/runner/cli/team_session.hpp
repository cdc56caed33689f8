// SPDX-License-Identifier: Apache-2.0
//
// The real server with a workspace, its owner, and a home of the owner's own on which commands are typed. One owner,
// one thread.
#pragma once

#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>

namespace latchkey::test {

class team_session {
public:
    team_session()
        : server_(machine_, {"--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file",
                             "owner.token", "--backend", "host"}) {
        server_.wait_until_up();
        token_ = read_file(machine_.project() / "owner.token");
        token_.pop_back();
    }

    // Logs the owner in and makes the project web.
    void enter() {
        const said in = ana.latchkey({"login", url(), "--token-file", "-"}, token_ + "\n");
        REQUIRE_MESSAGE(in.code == 0, in.out);
        const said made = ana.latchkey({"project", "add", "web"});
        REQUIRE_MESSAGE(made.code == 0, made.out);
    }
    // A pipeline of these actions (lines of YAML below `actions:`).
    void pipeline(const std::string& name, const std::string& actions) {
        ana.write(name + ".yml", "- pipeline: " + name + "\n  actions:\n" + actions);
        const said made = ana.latchkey({"pipeline", "add", name, "-f", name + ".yml"});
        REQUIRE_MESSAGE(made.code == 0, made.out);
    }
    void github() {
        const said made =
            ana.latchkey({"integration", "add", "GitHub releases", "--type", "GIT_HUB", "--field", "token=-"},
                         "ghp_planted0secret0value");
        REQUIRE_MESSAGE(made.code == 0, made.out);
    }

    // What differs from run to run, made the same.
    std::string neutral(std::string text) const {
        const auto all = [&text](const std::string& what, const std::string& by) {
            for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
                text.replace(at, what.size(), by);
        };
        all(url(), "URL");
        all("127.0.0.1:" + std::to_string(server_.port()), "HOST");
        all(ana.project().parent_path().string(), "HOME");
        // "in 0.3 s", and "  0.3 s" at the end of a line.
        for (std::size_t at = 0; (at = text.find(" s\n", at)) != std::string::npos; ++at) {
            std::size_t begin = at;
            while (begin > 0 &&
                   (std::isdigit(static_cast<unsigned char>(text[begin - 1])) != 0 || text[begin - 1] == '.'))
                --begin;
            text.replace(begin, at - begin, "0.0");
            at = begin + 3;
        }
        return text;
    }

    const std::string& url() const { return server_.url(); }
    const std::string& token() const { return token_; }
    running_server& server() { return server_; }

    session ana{"shop"};

private:
    session machine_{"machine"};
    running_server server_;
    std::string token_;
};

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace latchkey::test
