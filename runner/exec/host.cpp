// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/host.hpp"

#include "runner/exec/launch.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/exec/secret_files.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

// One argument may have 128 KiB; half of it leaves room for what others add to the limit.
constexpr std::size_t longest_argument = 64UL * 1024;
constexpr int pipe_size = 1 << 20;

std::string system_error(int error) {
    return std::system_category().message(error);
}

class descriptor {
public:
    explicit descriptor(int fd = -1) : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_;
};

class host_execution : public execution {
public:
    host_execution(const asio::any_io_executor& executor, std::unique_ptr<launched> process, int output,
                   secret_files files, std::string mark)
        : process_(std::move(process)),
          files_(std::move(files)),
          output_(executor, output),
          ended_(executor, process_->pidfd()),
          mark_(std::move(mark)) {}

    ~host_execution() override {
        ended_.release();  // the process owns its descriptor
        const bool left_running = !process_->reap();
        process_.reset();
        if (left_running) sweep();
    }

    async::task<result<std::size_t>> read(asio::mutable_buffer buffer) override {
        const auto [ec, n] = co_await output_.async_read_some(buffer, async::nothrow);
        if (!ec) co_return n;
        if (ec == asio::error::eof) co_return std::size_t{0};
        if (ec == asio::error::operation_aborted)
            co_return failure(errc::cancelled, "reading an action's output was cancelled");
        co_return failure(errc::engine, "can't read an action's output: " + ec.message());
    }

    async::task<result<exit_status>> wait() override {
        while (!process_->reap()) {
            const auto [ec] = co_await ended_.async_wait(asio::posix::descriptor_base::wait_read, async::nothrow);
            if (ec) co_return failure(errc::cancelled, "waiting for an action was cancelled");
        }
        sweep();
        const int status = process_->status();
        if (WIFSIGNALED(status)) co_return exit_status{true, WTERMSIG(status)};
        co_return exit_status{false, WEXITSTATUS(status)};
    }

    void terminate() override { process_->terminate(); }
    void kill() override { process_->kill(); }

private:
    void sweep() {
        if (!mark_.empty()) sweep_orphans(mark_);
    }

    std::unique_ptr<launched> process_;
    secret_files files_;
    asio::posix::stream_descriptor output_;
    asio::posix::stream_descriptor ended_;
    std::string mark_;  // empty: a namespace does the work
};

std::string joined(const std::vector<std::string>& commands) {
    std::size_t size = 0;
    for (const std::string& command : commands) size += command.size() + 1;
    std::string script;
    script.reserve(size);
    for (const std::string& command : commands) {
        script += command;
        script += '\n';
    }
    return script;
}

result<int> script_in_memory(const std::string& script) {
    const int fd = ::memfd_create("script", MFD_CLOEXEC);
    if (fd < 0) return failure(errc::engine, "can't hand over a script: " + system_error(errno));
    for (std::string_view rest = script; !rest.empty();) {
        const ssize_t n = ::write(fd, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            ::close(fd);
            return failure(errc::engine, "can't hand over a script: " + system_error(errno));
        }
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return fd;
}

class host_backend : public backend {
public:
    host_backend(asio::any_io_executor executor, host_options options)
        : executor_(std::move(executor)), namespaces_(options.pid_namespace && may_make_namespaces()) {
        if (!namespaces_)
            do_without(options.pid_namespace ? "only root may make one" : "process namespaces are switched off");
    }

    std::string_view name() const override { return "host"; }

    exec::isolation isolation() const override {
        std::string why_not = why_not_;
        const bool real = namespaces_ && pid_namespaces_work(&why_not);
        return {true, real,
                real ? ""
                     : "no process namespace (" + why_not +
                           "): what an action leaves running is found and killed instead"};
    }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        co_return start_now(r);  // a few system calls, none that waits
    }

private:
    result<std::unique_ptr<execution>> start_now(request& r) {
        launch_request l;
        l.program = program_of(r.shell);
        if (l.program.empty())
            return failure(errc::engine, "can't execute \"" + r.label + "\": its shell is not installed");
        struct stat facts{};
        if (::stat(r.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
            return failure(errc::engine,
                           "can't execute \"" + r.label + "\": there is no folder " + r.directory.string());
        l.directory = r.directory.string();
        l.own_pid_namespace = namespaces_;

        auto files = secret_files::write(r.files);
        if (!files) return files.error();

        descriptor script_file;
        if (auto refused = add_script(r, l, script_file)) return *refused;
        std::string mark;
        add_environment(r, *files, l, mark);

        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
            return failure(errc::engine, "can't make a pipe: " + system_error(errno));
        descriptor read_end(ends[0]);
        descriptor write_end(ends[1]);
        ::fcntl(ends[1], F_SETPIPE_SZ, pipe_size);  // best effort: fewer wake-ups for much output
        // The program expects a pipe that blocks when it is full.
        ::fcntl(ends[1], F_SETFL, 0);
        l.output = ends[1];
        l.script = script_file.get();

        auto process = launch(l);
        if (!process && namespaces_ && !proven_) {
            // Allowed to by its capabilities, kept from it by something else (a seccomp filter, a limit).
            do_without(process.error().what);
            l.own_pid_namespace = false;
            add_mark(l, mark);
            process = launch(l);
        }
        proven_ = namespaces_ && process;
        for (std::string& variable : l.environment) vault::wipe(variable);
        if (!process) return process.error();
        return std::make_unique<host_execution>(executor_, std::move(*process), read_end.release(), std::move(*files),
                                                std::move(mark));
    }

    static std::optional<failure> add_script(const request& r, launch_request& l, descriptor& script_file) {
        std::string script = joined(r.commands);
        if (script.find('\0') != std::string::npos)
            return failure(errc::engine, "can't execute \"" + r.label + "\": a command holds a NUL character");
        if (r.shell == shell::powershell) {
            if (!r.execute_every_command) script.insert(0, "$ErrorActionPreference = 'Stop'\n");
            l.arguments = {"pwsh", "-NoProfile", "-NonInteractive", "-Command", script};
            return std::nullopt;
        }
        l.arguments = {r.shell == shell::bash ? "bash" : "sh"};
        if (!r.execute_every_command) l.arguments.emplace_back("-e");
        if (script.size() <= longest_argument) {
            l.arguments.emplace_back("-c");
            l.arguments.push_back(std::move(script));
            // $0: what the shell's own messages start with
            l.arguments.push_back(r.label);
            return std::nullopt;
        }
        auto fd = script_in_memory(script);
        if (!fd) return fd.error();
        script_file.reset(*fd);
        l.arguments.emplace_back("/dev/fd/3");
        return std::nullopt;
    }

    void add_environment(const request& r, const secret_files& files, launch_request& l, std::string& mark) {
        l.environment.reserve(r.environment.size() + r.secrets.size() + files.variables().size() + 1);
        const auto add = [&l](std::string_view name, std::string_view value) {
            std::string variable;
            variable.reserve(name.size() + value.size() + 1);
            variable.append(name).append(1, '=').append(value);
            l.environment.push_back(std::move(variable));
        };
        for (const auto& [name, value] : r.environment) add(name, value);
        for (const auto& [name, value] : r.secrets) add(name, value->reveal());
        for (const auto& [name, path] : files.variables()) add(name, path);
        if (!namespaces_) add_mark(l, mark);
    }

    static void add_mark(launch_request& l, std::string& mark) {
        static std::atomic<unsigned long> count{0};
        mark = std::to_string(::getpid()) + "-" + std::to_string(++count);
        l.environment.push_back(std::string(mark_variable) + "=" + mark);
    }

    void do_without(std::string why) {
        namespaces_ = false;
        why_not_ = std::move(why);
        become_subreaper();
    }

    asio::any_io_executor executor_;
    std::string why_not_;
    bool namespaces_;
    bool proven_ = false;  // a namespace was made
};

}  // namespace

std::string program_of(shell s) {
    const auto first_there = [](std::initializer_list<const char*> paths) -> std::string {
        for (const char* path : paths)
            if (::access(path, X_OK) == 0) return path;
        return {};
    };
    switch (s) {
        case shell::sh:
            return first_there({"/bin/sh"});
        case shell::bash:
            return first_there({"/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"});
        case shell::powershell:
            return first_there({"/usr/bin/pwsh", "/usr/local/bin/pwsh", "/opt/microsoft/powershell/7/pwsh"});
    }
    return {};
}

std::unique_ptr<backend> make_host_backend(boost::asio::any_io_executor executor, host_options options) {
    return std::make_unique<host_backend>(std::move(executor), options);
}

}  // namespace latchkey::exec
