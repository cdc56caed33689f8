// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/cli/session.hpp"

#include "tests/support/golden.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdexcept>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& t : texts) all.push_back(t.data());
    all.push_back(nullptr);
    return all;
}

int code_of(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

[[noreturn]] void become(const std::filesystem::path& folder, std::vector<std::string> argv,
                         std::vector<std::string> env) {
    if (::chdir(folder.c_str()) == 0) ::execve(argv.front().c_str(), pointers(argv).data(), pointers(env).data());
    ::_exit(126);
}

std::vector<std::string> line_of(const std::vector<std::string>& words) {
    std::vector<std::string> argv = {LATCHKEY_PROGRAM};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
}

}  // namespace

session::session(std::string name) : project_(std::move(name)) {
    std::filesystem::create_directory(project());
}

std::vector<std::string> session::environment() const {
    std::vector<std::string> all = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                    "HOME=" + home_.path().string(),
                                    "XDG_DATA_HOME=" + data().string(),
                                    "LANG=C.UTF-8",
                                    "TERM=xterm",
                                    "SECRET_OF_THE_USER=not for actions"};
    for (const std::string& one : more_) {
        const std::string name = one.substr(0, one.find('=') + 1);
        std::erase_if(all, [&](const std::string& before) { return before.starts_with(name); });
        all.push_back(one);
    }
    return all;
}

void session::write(const std::string& file, const std::string& text) const {
    write_file(project() / file, text);
}

said session::latchkey(const std::vector<std::string>& words, const std::string& input) const {
    return program(line_of(words), input);
}

said session::watch(const std::vector<std::string>& words,
                    const std::function<void(const std::string&)>& on_line) const {
    return program(line_of(words), {}, on_line);
}

said session::program(const std::vector<std::string>& argv, const std::string& input) const {
    return program(argv, input, {});
}

said session::program(const std::vector<std::string>& argv, const std::string& input,
                      const std::function<void(const std::string&)>& on_line) const {
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(to[0], 0);
        ::dup2(from[1], 1);
        ::dup2(from[1], 2);
        become(project(), argv, environment());
    }
    ::close(to[0]);
    ::close(from[1]);
    if (::write(to[1], input.data(), input.size()) != static_cast<ssize_t>(input.size()))
        throw std::runtime_error("no input");
    ::close(to[1]);
    said s;
    std::size_t told = 0;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(from[0], buffer, sizeof buffer)) > 0;) {
        s.out.append(buffer, static_cast<std::size_t>(n));
        if (!on_line) continue;
        for (std::size_t end = 0; (end = s.out.find('\n', told)) != std::string::npos; told = end + 1)
            on_line(s.out.substr(told, end - told));
    }
    ::close(from[0]);
    s.code = code_of(pid);
    return s;
}

session::started session::start(const std::vector<std::string>& words) const {
    int from[2];
    if (::pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(0);
        if (::open("/dev/null", O_RDONLY) != 0) ::_exit(126);
        ::dup2(from[1], 1);
        ::dup2(from[1], 2);
        become(project(), line_of(words), environment());
    }
    ::close(from[1]);
    return {pid, from[0]};
}

said session::on_terminal(const std::vector<std::string>& words, const std::vector<exchange>& answers) const {
    int terminal = -1;
    const std::vector<std::string> argv = line_of(words);
    winsize size{24, 80, 0, 0};
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid == 0) become(project(), argv, environment());
    said s;
    std::size_t next = 0;
    std::size_t looked = 0;
    for (;;) {
        pollfd p{terminal, POLLIN, 0};
        if (::poll(&p, 1, 30'000) <= 0) break;
        char buffer[4096];
        const ssize_t n = ::read(terminal, buffer, sizeof buffer);
        if (n <= 0) break;
        s.out.append(buffer, static_cast<std::size_t>(n));
        if (next < answers.size() && s.out.find(answers[next].until, looked) != std::string::npos) {
            looked = s.out.size();
            const std::string& answer = answers[next++].answer;
            if (::write(terminal, answer.data(), answer.size()) != static_cast<ssize_t>(answer.size())) break;
        }
    }
    termios at_end{};
    s.echo = ::tcgetattr(terminal, &at_end) == 0 && (at_end.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
    ::close(terminal);
    s.code = code_of(pid);
    return s;
}

std::vector<std::string> session::files_with(const std::string& bytes) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data()))
        if (entry.is_regular_file() && read_file(entry.path()).find(bytes) != std::string::npos)
            found.push_back(entry.path().string());
    return found;
}

}  // namespace latchkey::test
