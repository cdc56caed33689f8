// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/host.hpp"

#include "runner/exec/environment_block.hpp"
#include "runner/exec/memory_folder.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/exec/process_execution.hpp"
#include "runner/exec/process_namespace.hpp"
#include "runner/exec/script.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <csignal>
#include <sys/stat.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

// Namespaces that the next action may have. Outlives the backend for as long as an execution does.
using idle_namespaces = std::vector<std::unique_ptr<process_namespace>>;

class in_namespace : public enclosure {
public:
    in_namespace(std::unique_ptr<process_namespace> space, std::shared_ptr<idle_namespaces> idle)
        : space_(std::move(space)), idle_(std::move(idle)) {}

    async::task<result<exit_status>> end(asio::any_io_executor executor, int status) override {
        if (space_->as_made()) {
            idle_->push_back(std::move(space_));
        } else {
            // Kills what the action left in it, and waits until nothing is left.
            space_->kill();
            asio::posix::stream_descriptor ended(executor, space_->pidfd());
            co_await ended.async_wait(asio::posix::descriptor_base::wait_read, async::nothrow);
            ended.release();  // the namespace owns its descriptor
            space_.reset();
        }
        co_return exit_status_of(status);
    }

private:
    std::unique_ptr<process_namespace> space_;
    std::shared_ptr<idle_namespaces> idle_;
};

class watched : public enclosure {
public:
    const std::string& mark() const { return orphans_.mark(); }

    async::task<result<exit_status>> end(asio::any_io_executor, int status) override {
        orphans_.sweep();
        co_return exit_status_of(status);
    }

private:
    orphan_watch orphans_;
};

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
        auto started = start_now(r);  // a few system calls, none that waits
        if (!started) co_return failure(errc::engine, "can't execute \"" + r.label + "\": " + started.error().what);
        co_return started;
    }

private:
    result<std::unique_ptr<execution>> start_now(const request& r) {
        launch_request l;
        if (r.limits.any() || !r.network)
            return failure(errc::engine,
                           "a process of this machine can't be limited: leave out --backend host, or the limit");
        auto shell = start_of(r);
        if (!shell) return shell.error();
        struct stat facts{};
        if (::stat(r.directory.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
            return failure(errc::engine, "there is no folder " + r.directory.string());
        l.program = shell->program;
        l.arguments = std::move(shell->arguments);
        if (shell->file.get() >= 0) l.inherited.push_back(shell->file.get());
        l.directory = r.directory.string();

        auto space = space_for_one();
        if (!space) return space.error();
        auto files = secret_files::write(r.files, *space ? (*space)->place() : nullptr, collects(r));
        if (!files) return files.error();
        if (auto written = write_environment(r, *files, l.environment); !written) return written.error();

        if (*space) {
            l.inside = space->get();
            return start_process(executor_, l, std::move(*files),
                                 std::make_unique<in_namespace>(std::move(*space), idle_));
        }
        auto watch = std::make_unique<watched>();
        l.environment.push_back(std::string(mark_variable) + "=" + watch->mark());
        return start_process(executor_, l, std::move(*files), std::move(watch));
    }

    // None: there are none here.
    result<std::unique_ptr<process_namespace>> space_for_one() {
        if (!namespaces_) return std::unique_ptr<process_namespace>();
        if (!idle_->empty()) {
            auto space = std::move(idle_->back());
            idle_->pop_back();
            return space;
        }
        auto made = process_namespace::make();
        if (made) {
            proven_ = true;
        } else if (!proven_ && made.error().code == errc::refused) {
            // Allowed to by its capabilities, kept from it by something else (a seccomp filter, a limit).
            namespaces_ = false;
            why_not_ = made.error().what;
            return std::unique_ptr<process_namespace>();
        }
        return made;
    }

    asio::any_io_executor executor_;
    std::string why_not_;
    bool namespaces_;
    bool proven_ = false;  // a namespace was made
    std::shared_ptr<idle_namespaces> idle_ = std::make_shared<idle_namespaces>();
};

}  // namespace

std::unique_ptr<backend> make_host_backend(boost::asio::any_io_executor executor, host_options options) {
    return std::make_unique<host_backend>(std::move(executor), options);
}

}  // namespace latchkey::exec
