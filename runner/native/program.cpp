// SPDX-License-Identifier: Apache-2.0
#include "runner/native/program.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace latchkey::native {

namespace {

struct pipe_ends {
    int read = -1;
    int write = -1;
    pipe_ends() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        read = ends[0];
        write = ends[1];
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        end(read);
        end(write);
    }
    static void end(int& fd) {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
};

pid_t start(const std::vector<std::string>& arguments, int input, int output) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    if (output >= 0) posix_spawn_file_actions_adddup2(&files, output, 1);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    // We ignore SIGPIPE; a program expects to be ended by it.
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? pid : -1;
}

// Feeds and reads at once: either side may fill its pipe first.
void converse(pipe_ends& to, pipe_ends& from, const std::string& input, std::string& output) {
    ::fcntl(to.write, F_SETFL, O_NONBLOCK);
    std::size_t fed = 0;
    if (input.empty()) pipe_ends::end(to.write);
    while (to.write >= 0 || from.read >= 0) {
        pollfd both[] = {{to.write, POLLOUT, 0}, {from.read, POLLIN, 0}};
        if (::poll(both, 2, -1) < 0 && errno != EINTR) return;
        if (both[0].revents != 0) {
            const ssize_t n = ::write(to.write, input.data() + fed, input.size() - fed);
            if (n > 0) fed += static_cast<std::size_t>(n);
            // It has ended, and says why itself.
            if (fed == input.size() || (n < 0 && errno != EAGAIN && errno != EINTR)) pipe_ends::end(to.write);
        }
        if (both[1].revents != 0) {
            char piece[16384];
            const ssize_t n = ::read(from.read, piece, sizeof piece);
            if (n > 0) output.append(piece, static_cast<std::size_t>(n));
            if (n == 0 || (n < 0 && errno != EINTR)) pipe_ends::end(from.read);
        }
    }
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Its output in `output`; nullptr: in ours.
int start_and_wait(const std::vector<std::string>& arguments, const std::string& input, std::string* output) {
    std::signal(SIGPIPE, SIG_IGN);
    pipe_ends to;
    pipe_ends from;
    if (to.read < 0 || from.read < 0) return 127;
    const pid_t pid = start(arguments, to.read, output != nullptr ? from.write : -1);
    pipe_ends::end(to.read);
    pipe_ends::end(from.write);
    if (pid < 0) return 127;
    if (output == nullptr) pipe_ends::end(from.read);
    std::string ignored;
    converse(to, from, input, output != nullptr ? *output : ignored);
    return wait_for(pid);
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, const std::string& input) {
    return start_and_wait(arguments, input, nullptr);
}

result<program_answer> ask_program(const std::vector<std::string>& arguments, const std::string& input) {
    program_answer answer;
    answer.code = start_and_wait(arguments, input, &answer.output);
    if (answer.code == 127) return failure(errc::io, arguments.front() + " can't be started: install it");
    return answer;
}

}  // namespace latchkey::native
