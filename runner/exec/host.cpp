// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/host.hpp"

#include "runner/exec/descriptor.hpp"
#include "runner/exec/exported.hpp"
#include "runner/exec/find_program.hpp"
#include "runner/exec/launch.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/exec/process_namespace.hpp"
#include "runner/exec/secret_files.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

// One argument may have 128 KiB; half of it leaves room for what others add to the limit.
constexpr std::size_t longest_argument = 64UL * 1024;
constexpr int pipe_size = 1 << 20;

std::string system_error(int error) {
    return std::system_category().message(error);
}

// Namespaces that the next action may have. Outlives the backend for as long as an execution does.
using idle_namespaces = std::vector<std::unique_ptr<process_namespace>>;

// What keeps an action's processes apart: a namespace, or the watch for what it leaves.
struct enclosure {
    std::unique_ptr<process_namespace> space;
    std::unique_ptr<orphan_watch> orphans;
};

class host_execution : public execution {
public:
    host_execution(const asio::any_io_executor& executor, std::unique_ptr<launched> process, descriptor output,
                   secret_files files, enclosure around, std::shared_ptr<idle_namespaces> idle)
        : idle_(std::move(idle)),
          around_(std::move(around)),
          process_(std::move(process)),
          files_(std::move(files)),
          output_(executor, output.release()),
          ended_(executor, process_->pidfd()) {}

    // The process is killed first, then what it left is swept, then its files go.
    ~host_execution() override {
        ended_.release();  // the process owns its descriptor
        process_.reset();
        around_ = {};
    }

    async::task<result<std::size_t>> read(asio::mutable_buffer buffer) override {
        if (!over_) {
            const auto [ec, n] = co_await output_.async_read_some(buffer, async::nothrow);
            if (!ec) co_return n;
            if (ec == asio::error::eof) co_return std::size_t{0};
            if (ec != asio::error::operation_aborted)
                co_return failure(errc::engine, "can't read an action's output: " + ec.message());
            if (!over_) co_return failure(errc::cancelled, "reading an action's output was cancelled");
        }
        co_return what_is_left(buffer);
    }

    async::task<result<exit_status>> wait() override {
        while (!process_->reap()) {
            const auto [ec] = co_await ended_.async_wait(asio::posix::descriptor_base::wait_read, async::nothrow);
            if (ec) co_return failure(errc::cancelled, "waiting for an action was cancelled");
        }
        exported_ = files_.exported();
        files_.remove();
        if (around_.space && around_.space->as_made())
            idle_->push_back(std::move(around_.space));
        else if (around_.space)
            co_await end(*around_.space);
        if (around_.orphans) around_.orphans->sweep();
        over_ = true;
        output_.cancel();  // whoever reads takes what is left and does not wait for more
        const std::optional<int> status = process_->status();
        if (!status) co_return failure(errc::engine, "can't tell how an action ended: its exit status was lost");
        if (WIFSIGNALED(*status)) co_return exit_status{true, WTERMSIG(*status)};
        co_return exit_status{false, WEXITSTATUS(*status)};
    }

    std::string exported() override { return std::move(exported_); }
    void terminate() override { process_->terminate(); }
    void kill() override { process_->kill(); }

private:
    // Kills what the action left in it, and waits until nothing is left.
    async::task<> end(process_namespace& space) {
        space.kill();
        asio::posix::stream_descriptor ended(output_.get_executor(), space.pidfd());
        co_await ended.async_wait(asio::posix::descriptor_base::wait_read, async::nothrow);
        ended.release();  // the namespace owns its descriptor
        around_.space.reset();
    }

    // Something outside our reach may still hold the pipe (a service that was handed it): it is not waited for.
    result<std::size_t> what_is_left(asio::mutable_buffer buffer) {
        for (;;) {
            const ssize_t n = ::read(output_.native_handle(), buffer.data(), buffer.size());
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno == EAGAIN) return std::size_t{0};
            if (errno != EINTR) return failure(errc::engine, "can't read an action's output: " + system_error(errno));
        }
    }

    std::shared_ptr<idle_namespaces> idle_;
    enclosure around_;
    std::unique_ptr<launched> process_;
    secret_files files_;
    asio::posix::stream_descriptor output_;
    asio::posix::stream_descriptor ended_;
    std::string exported_;
    bool over_ = false;
};

// The request's variables, secrets and paths of files, each name once: what comes later stands.
class environment_block {
public:
    void add(std::string_view name, std::string_view value) {
        if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos ||
            value.find('\0') != std::string_view::npos) {
            if (refused_.empty()) refused_ = name.empty() ? "a variable without a name" : std::string(name);
            return;
        }
        const auto [at, is_new] = place_.try_emplace(name, all_.size());
        if (is_new)
            all_.emplace_back(name, value);
        else
            all_[at->second].second = value;
    }

    // The name of one that no environment can hold; empty: all are well.
    const std::string& refused() const { return refused_; }

    void write(std::vector<std::string>& into) const {
        into.reserve(all_.size() + 1);
        for (const auto& [name, value] : all_) {
            std::string variable;
            variable.reserve(name.size() + value.size() + 1);  // a secret is not left behind by growing
            variable.append(name).append(1, '=').append(value);
            into.push_back(std::move(variable));
        }
    }

private:
    std::vector<std::pair<std::string_view, std::string_view>> all_;
    std::unordered_map<std::string_view, std::size_t> place_;
    std::string refused_;
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

const char* name_of(shell s) {
    switch (s) {
        case shell::sh:
            return "sh";
        case shell::bash:
            return "bash";
        case shell::powershell:
            return "pwsh";
    }
    return "?";
}

// What makes PowerShell stop at the first failure, of programs too (7.4), and end with a program's exit code.
std::string powershell_script(const std::string& commands, bool execute_every_command) {
    std::string script;
    if (!execute_every_command)
        script = "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true\n";
    return script + commands + "\nif ($LASTEXITCODE) { exit $LASTEXITCODE }\n";
}

bool collects(const request& r) {
    return r.collect_exported && r.shell != shell::powershell;
}

class host_backend : public backend {
public:
    host_backend(asio::any_io_executor executor, host_options options)
        : executor_(std::move(executor)), namespaces_(options.pid_namespace && may_make_namespaces()) {
        if (!namespaces_)
            why_not_ = options.pid_namespace ? "only root may make one" : "process namespaces are switched off";
        memory_folder::remove_left_behind();
        // Ignored, as a parent may have left it, it would lose how an action ended.
        struct sigaction now{};
        if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
    }

    std::string_view name() const override { return "host"; }

    exec::isolation isolation() const override {
        std::string why_not = why_not_;
        if (namespaces_ && process_namespaces_work(&why_not)) return {true, true, ""};
        return {true, false,
                "no process namespace (" + why_not + "): what an action leaves running " +
                    (orphan_watch::possible() ? "is found and killed instead"
                                              : "can't be found either: this kernel does not list children")};
    }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        co_return start_now(r);  // a few system calls, none that waits
    }

private:
    result<std::unique_ptr<execution>> start_now(const request& r) {
        launch_request l;
        const auto refuse = [&r](const std::string& why) {
            return failure(errc::engine, "can't execute \"" + r.label + "\": " + why);
        };
        l.program = program_of(r.shell);
        if (l.program.empty()) return refuse(std::string("its shell, ") + name_of(r.shell) + ", is not installed");
        struct stat facts{};
        if (::stat(r.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
            return refuse("there is no folder " + r.directory.string());
        l.directory = r.directory.string();

        auto around = enclosure_for(l);
        if (!around) return refuse(around.error().what);
        auto files = secret_files::write(r.files, around->space ? around->space->place() : nullptr, collects(r));
        if (!files) return files.error();
        descriptor script_file;
        if (auto refused = add_script(r, l, script_file)) return *refused;
        environment_block environment;
        for (const auto& [name, value] : r.machine_environment) environment.add(name, value);
        for (const auto& [name, value] : r.environment) environment.add(name, value);
        for (const auto& [name, value] : r.secrets) environment.add(name, value->reveal());
        for (const auto& [name, path] : files->variables()) environment.add(name, path);
        if (!environment.refused().empty())
            return refuse("no environment can hold " + environment.refused() +
                          ": a name must not be empty or hold \"=\", and nothing a NUL character");
        environment.write(l.environment);

        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return refuse("no pipe: " + system_error(errno));
        descriptor read_end(ends[0]);
        const descriptor write_end(ends[1]);
        ::fcntl(ends[1], F_SETPIPE_SZ, pipe_size);  // best effort: fewer wake-ups for much output
        // The program expects a pipe that blocks when it is full.
        ::fcntl(ends[1], F_SETFL, 0);
        l.output = ends[1];
        l.script = script_file.get();

        if (around->orphans) l.environment.push_back(std::string(mark_variable) + "=" + around->orphans->mark());
        auto process = launch(l);
        if (!process) return refuse(process.error().what);
        return std::make_unique<host_execution>(executor_, std::move(*process), std::move(read_end),
                                                std::move(*files), std::move(*around), idle_);
    }

    result<enclosure> enclosure_for(launch_request& l) {
        enclosure around;
        while (namespaces_ && !around.space) {
            if (!idle_->empty()) {
                around.space = std::move(idle_->back());
                idle_->pop_back();
                break;
            }
            auto made = process_namespace::make();
            if (made) {
                around.space = std::move(*made);
                proven_ = true;
            } else if (proven_ || made.error().code != errc::refused) {
                return made.error();
            } else {
                // Allowed to by its capabilities, kept from it by something else (a seccomp filter, a limit).
                namespaces_ = false;
                why_not_ = made.error().what;
            }
        }
        l.inside = around.space.get();
        if (!around.space) around.orphans = std::make_unique<orphan_watch>();
        return around;
    }

    static std::optional<failure> add_script(const request& r, launch_request& l, descriptor& script_file) {
        std::string script = joined(r.commands);
        if (script.find('\0') != std::string::npos)
            return failure(errc::engine, "can't execute \"" + r.label + "\": a command holds a NUL character");
        if (collects(r) && may_set_variables(script)) script.insert(0, export_at_end);
        if (r.shell == shell::powershell) {
            script = powershell_script(script, r.execute_every_command);
            l.arguments = {"pwsh", "-NoProfile", "-NonInteractive", "-Command"};
        } else {
            l.arguments = {name_of(r.shell)};
            if (!r.execute_every_command) l.arguments.emplace_back("-e");
        }
        if (script.size() <= longest_argument) {
            if (r.shell != shell::powershell) l.arguments.emplace_back("-c");
            l.arguments.push_back(std::move(script));
            // $0: what the shell's own messages start with
            if (r.shell != shell::powershell) l.arguments.push_back(r.label);
            return std::nullopt;
        }
        // The shell opens the file anew, so what it starts need not inherit the descriptor.
        if (r.shell != shell::powershell) script.insert(0, "exec 3<&-; ");
        auto fd = script_in_memory(script);
        if (!fd) return fd.error();
        script_file.reset(*fd);
        l.arguments.emplace_back(r.shell != shell::powershell
                                     ? "/dev/fd/3"
                                     : ". ([scriptblock]::Create([IO.File]::ReadAllText('/dev/fd/3')))");
        return std::nullopt;
    }

    asio::any_io_executor executor_;
    std::string why_not_;
    bool namespaces_;
    bool proven_ = false;  // a namespace was made
    std::shared_ptr<idle_namespaces> idle_ = std::make_shared<idle_namespaces>();
};

}  // namespace

std::string program_of(shell s) {
    const auto first_there = [](std::initializer_list<const char*> paths) -> std::string {
        for (const char* path : paths)
            if (std::string found = find_program(path); !found.empty()) return found;
        return {};
    };
    switch (s) {
        case shell::sh:
            return first_there({"/bin/sh", "sh"});
        case shell::bash:
            return first_there({"/bin/bash", "bash"});
        case shell::powershell:
            return first_there({"pwsh", "/opt/microsoft/powershell/7/pwsh"});
    }
    return {};
}

std::unique_ptr<backend> make_host_backend(boost::asio::any_io_executor executor, host_options options) {
    return std::make_unique<host_backend>(std::move(executor), options);
}

}  // namespace latchkey::exec
