// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/sandbox.hpp"

#include "runner/engine/find_engine.hpp"
#include "runner/exec/cgroup.hpp"
#include "runner/exec/environment_block.hpp"
#include "runner/exec/find_program.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/exec/process_execution.hpp"
#include "runner/exec/process_tree.hpp"
#include "runner/exec/script.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

constexpr sock_filter filter[] = {
#include "sandbox_filter.inc"
};

constexpr int not_found = 127;  // what a shell says of a program that is not there

// Kept for all actions; each reads it through a description of its own.
descriptor filter_file() {
    descriptor file(::memfd_create("filter", MFD_CLOEXEC));
    if (file.get() >= 0 && ::write(file.get(), filter, sizeof filter) != static_cast<ssize_t>(sizeof filter))
        file.reset();
    return file;
}

// What bubblewrap tells of itself: a JSON document when it has made the namespaces, and one when the action has
// ended, but only if it could begin.
class report {
public:
    explicit report(descriptor from) : from_(std::move(from)) {}

    // The first process in there, as we see it; 0: there is none yet.
    pid_t first_process() { return static_cast<pid_t>(number("\"child-pid\":")); }
    bool began() { return number("\"exit-code\":") >= 0; }

private:
    long number(std::string_view key) {
        char buffer[512];
        for (ssize_t n = 0; (n = ::read(from_.get(), buffer, sizeof buffer)) > 0;)
            text_.append(buffer, static_cast<std::size_t>(n));
        std::size_t at = text_.find(key);
        long value = key == "\"exit-code\":" ? -1 : 0;
        if (at == std::string::npos) return value;
        at = text_.find_first_not_of(' ', at + key.size());
        if (at != std::string::npos) std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
        return value;
    }

    descriptor from_;
    std::string text_;
};

class in_sandbox : public enclosure {
public:
    in_sandbox(report told, cgroup limits, std::function<void(const std::string&)> say)
        : told_(std::move(told)), limits_(std::move(limits)), say_(std::move(say)) {}

    const std::string& mark() const { return orphans_.mark(); }
    const cgroup& limits() const { return limits_; }

    // Bubblewrap itself is not asked, as its end would be everybody's at once. The first process in there takes no
    // signal that it does not handle.
    void terminate(launched& process) override {
        const pid_t first = told_.first_process();
        if (first == 0) return process.kill();  // nothing of the action runs
        for (const pid_t pid : descendants_of(first)) ::kill(pid, SIGTERM);
    }

    void kill(launched& process) override {
        const pid_t first = told_.first_process();
        // With it everything in there ends, and bubblewrap waits for that.
        if (first == 0 || process.reap() || ::kill(first, SIGKILL) != 0) process.kill();
        killed_ = true;
    }

    async::task<result<exit_status>> end(asio::any_io_executor executor, int status) override {
        const pid_t first = told_.first_process();
        // Bubblewrap does not wait for what the action left running: that has become ours, and dies now.
        if (first != 0) {
            const descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, first, 0)));
            siginfo_t info{};
            const auto is_ours = [&](int flags) {
                return handle.get() >= 0 &&
                       ::waitid(P_PIDFD, static_cast<id_t>(handle.get()), &info, WEXITED | flags) == 0;
            };
            if (is_ours(WNOHANG | WNOWAIT)) {
                ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
                asio::posix::stream_descriptor ended(executor, handle.get());
                co_await ended.async_wait(asio::posix::descriptor_base::wait_read, async::nothrow);
                ended.release();
                is_ours(WNOHANG);
            }
        }
        orphans_.sweep();
        exit_status how = exit_status_of(status);
        if (how.signalled) how = {false, 128 + how.number};
        if (!killed_ && !told_.began())
            co_return failure(errc::engine, "the sandbox can't be made: what bubblewrap says is in the log");
        if (how.number == not_found && say_)
            say_(
                "a program was not found: in a sandbox there are the system's only; LATCHKEY_SANDBOX_READ=FOLDER:… "
                "shows "
                "more of this machine, --backend host everything");
        if (limits_.ran_out_of_memory() && say_) say_("its limit of memory was reached: a process of it was killed");
        co_return how;
    }

private:
    report told_;
    cgroup limits_;
    std::function<void(const std::string&)> say_;
    orphan_watch orphans_;
    bool killed_ = false;
};

class sandbox_backend : public backend {
public:
    sandbox_backend(asio::any_io_executor executor, std::string program, sandbox_view view, descriptor rules)
        : executor_(std::move(executor)),
          program_(std::move(program)),
          view_(std::move(view)),
          rules_(std::move(rules)) {
        memory_folder::remove_left_behind();
    }

    std::string_view name() const override { return "sandbox"; }
    exec::isolation isolation() const override { return {true, true, ""}; }

    async::task<result<std::unique_ptr<execution>>> start(request r) override {
        auto started = start_now(r);  // a few system calls, none that waits
        if (!started) co_return failure(errc::engine, "can't execute \"" + r.label + "\": " + started.error().what);
        co_return started;
    }

private:
    result<std::unique_ptr<execution>> start_now(request& r) {
        // Ways to places that it does not see.
        std::erase_if(r.machine_environment, [](const auto& v) {
            return v.first == "TMPDIR" || v.first == "DOCKER_HOST" || v.first.starts_with("XDG_");
        });
        struct stat facts{};
        if (::stat(r.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
            return failure(errc::engine, "there is no folder " + r.directory.string());
        auto shell = start_of(r);
        if (!shell) return shell.error();
        auto files = secret_files::write(r.files, nullptr, collects(r));
        if (!files) return files.error();
        auto limited = cgroup::make(r.limits);
        if (!limited) return limited.error();
        auto shown = view_.arguments(r, files->folder());
        if (!shown) return shown.error();
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return failure(errc::engine, "can't make a pipe");
        report told{descriptor(ends[0])};
        const descriptor tell(ends[1]);
        const descriptor rules(
            ::open(("/proc/self/fd/" + std::to_string(rules_.get())).c_str(), O_RDONLY | O_CLOEXEC));
        if (rules.get() < 0) return failure(errc::engine, "can't open the system call filter");

        launch_request l;
        l.program = program_;
        l.mounts = view_.mounts().space.get();
        l.root = view_.mounts().root.get();
        l.arguments = std::move(*shown);
        l.arguments.insert(l.arguments.begin(), "bwrap");
        // The script's file is descriptor 3.
        if (shell->file.get() >= 0) l.inherited.push_back(shell->file.get());
        for (const auto& [option, fd] :
             {std::pair("--seccomp", rules.get()), std::pair("--json-status-fd", tell.get())}) {
            l.arguments.emplace_back(option);
            l.arguments.push_back(std::to_string(3 + l.inherited.size()));
            l.inherited.push_back(fd);
        }
        l.arguments.emplace_back("--");
        l.arguments.push_back(shell->program);
        l.arguments.insert(l.arguments.end(), std::make_move_iterator(shell->arguments.begin() + 1),
                           std::make_move_iterator(shell->arguments.end()));
        auto around = std::make_unique<in_sandbox>(std::move(told), std::move(*limited), r.say);
        l.groups = around->limits().entries();
        if (auto written = write_environment(r, *files, l.environment); !written) return written.error();
        l.environment.push_back(std::string(mark_variable) + "=" + around->mark());
        return start_process(executor_, l, std::move(*files), std::move(around));
    }

    asio::any_io_executor executor_;
    std::string program_;
    sandbox_view view_;
    descriptor rules_;
};

}  // namespace

result<std::unique_ptr<backend>> make_sandbox_backend(asio::any_io_executor executor,
                                                      const sandbox_options& options) {
    std::string program = find_program("bwrap");
    if (program.empty()) return failure(errc::engine, "bubblewrap (bwrap) is not installed");
    auto view = sandbox_view::make(options);
    if (!view) return view.error();
    descriptor rules = filter_file();
    if (rules.get() < 0) return failure(errc::engine, "there is no memory for the system call filter");
    return std::make_unique<sandbox_backend>(std::move(executor), std::move(program), std::move(*view),
                                             std::move(rules));
}

async::task<result<void>> try_sandbox(backend& sandbox) {
    request nothing;
    nothing.label = "try";
    nothing.commands = {":"};
    nothing.directory = "/usr/bin";
    auto started = co_await sandbox.start(std::move(nothing));
    if (!started) co_return started.error();
    std::string said;
    std::array<char, 512> buffer{};
    for (;;) {
        const auto n = co_await (*started)->read(asio::buffer(buffer));
        if (!n || *n == 0) break;
        said.append(buffer.data(), *n);
    }
    auto ended = co_await (*started)->wait();
    if (!ended) co_return failure(errc::engine, said.empty() ? ended.error().what : said.substr(0, said.find('\n')));
    co_return result<void>();
}

result<void> try_sandbox_now(const sandbox_options& options) {
    return engine::run_now<void>([&options](asio::any_io_executor executor) -> async::task<result<void>> {
        auto made = make_sandbox_backend(executor, options);
        if (!made) co_return made.error();
        co_return co_await try_sandbox(**made);
    });
}

}  // namespace latchkey::exec
