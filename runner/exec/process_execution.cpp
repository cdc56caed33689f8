// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/process_execution.hpp"

#include "runner/exec/descriptor.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

namespace asio = boost::asio;

constexpr int pipe_size = 1 << 20;

std::string system_error(int error) {
    return std::system_category().message(error);
}

class process_execution : public execution {
public:
    process_execution(const asio::any_io_executor& executor, std::unique_ptr<launched> process, descriptor output,
                      secret_files files, std::unique_ptr<enclosure> around)
        : around_(std::move(around)),
          process_(std::move(process)),
          files_(std::move(files)),
          output_(executor, output.release()),
          ended_(executor, process_->pidfd()) {}

    // The process is killed first, then what it left is swept, then its files go.
    ~process_execution() override {
        ended_.release();  // the process owns its descriptor
        process_.reset();
        around_.reset();
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
        const std::optional<int> status = process_->status();
        auto ended = co_await around_->end(output_.get_executor(), status.value_or(0));
        over_ = true;
        output_.cancel();  // whoever reads takes what is left and does not wait for more
        if (!status) co_return failure(errc::engine, "can't tell how an action ended: its exit status was lost");
        co_return ended;
    }

    std::string exported() override { return std::move(exported_); }
    void terminate() override { around_->terminate(*process_); }
    void kill() override { around_->kill(*process_); }

private:
    // Something outside our reach may still hold the pipe (a service that was handed it): it is not waited for.
    result<std::size_t> what_is_left(asio::mutable_buffer buffer) {
        for (;;) {
            const ssize_t n = ::read(output_.native_handle(), buffer.data(), buffer.size());
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno == EAGAIN) return std::size_t{0};
            if (errno != EINTR) return failure(errc::engine, "can't read an action's output: " + system_error(errno));
        }
    }

    std::unique_ptr<enclosure> around_;
    std::unique_ptr<launched> process_;
    secret_files files_;
    asio::posix::stream_descriptor output_;
    asio::posix::stream_descriptor ended_;
    std::string exported_;
    bool over_ = false;
};

}  // namespace

exit_status exit_status_of(int status) {
    if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
    return {false, WEXITSTATUS(status)};
}

result<std::unique_ptr<execution>> start_process(const asio::any_io_executor& executor, launch_request& l,
                                                 secret_files files, std::unique_ptr<enclosure> around) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return failure(errc::engine, "no pipe: " + system_error(errno));
    descriptor read_end(ends[0]);
    const descriptor write_end(ends[1]);
    ::fcntl(ends[1], F_SETPIPE_SZ, pipe_size);  // best effort: fewer wake-ups for much output
    // The program expects a pipe that blocks when it is full.
    ::fcntl(ends[1], F_SETFL, 0);
    l.output = ends[1];
    auto process = launch(l);
    if (!process) return process.error();
    return std::make_unique<process_execution>(executor, std::move(*process), std::move(read_end), std::move(files),
                                               std::move(around));
}

}  // namespace latchkey::exec
