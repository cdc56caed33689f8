// SPDX-License-Identifier: Apache-2.0
#include "tests/support/engine.hpp"

#include "runner/engine/client.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {

namespace {

const std::string tool = LATCHKEY_SOURCE_DIR "/tests/support/engine.sh";

int spawn(const std::string& kind, const std::string& folder) {
    const int pid = ::fork();
    if (pid != 0) return pid;
    ::setsid();
    const int log = ::open((folder + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::close_range(3, ~0U, 0);
    if (::chdir(folder.c_str()) != 0) ::_exit(127);  // some write files where they are
    ::execl(tool.c_str(), tool.c_str(), kind.c_str(), folder.c_str(), nullptr);
    ::_exit(127);
}

std::string log_of(const std::string& folder) {
    std::string text;
    if (FILE* file = std::fopen((folder + "/log").c_str(), "r")) {
        std::array<char, 2000> buffer{};
        text.assign(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file));
        std::fclose(file);
    }
    return text;
}

std::string image_archive(const std::string& overlay) {
    std::string bytes;
    FILE* pipe = ::popen((tool + " image " + overlay).c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("the test image can't be made");
    std::array<char, 65536> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        bytes.append(buffer.data(), n);
    if (::pclose(pipe) != 0) throw std::runtime_error("the test image can't be made");
    return bytes;
}

}  // namespace

void import_image(const std::string& socket, const std::string& name, const std::string& overlay) {
    run_async([&](boost::asio::any_io_executor ex) -> async::task<> {
        auto connection = co_await engine::http_connection::connect(ex, socket);
        if (!connection) throw std::runtime_error(connection.error().what);
        const engine::http_request request{
            "POST", "/v1.41/images/create?fromSrc=-&repo=" + name, {}, "application/x-tar", image_archive(overlay)};
        const auto status = co_await (*connection)->send(request);
        if (!status) throw std::runtime_error(status.error().what);
        const auto said = co_await (*connection)->read_all(1 << 20);
        if (*status != 200) throw std::runtime_error("the test image can't be imported: " + (said ? *said : ""));
    });
}

namespace {

class engines {
public:
    engines() {
        if (::geteuid() != 0) {
            std::fputs("NOT RUN: tests with container engines start them, and need root for that\n", stderr);
            return;
        }
        for (const char* kind : {"docker", "podman"}) {
            test_engine e;
            e.name = kind;
            const std::string folder = folder_.path().string() + "/" + kind;
            ::mkdir(folder.c_str(), 0700);
            e.pid = spawn(kind, folder);
            e.socket = folder + "/" + kind + ".sock";
            all_.push_back(std::move(e));
        }
        for (test_engine& e : all_) wait_for(e);
    }
    ~engines() {
        for (const test_engine& e : all_) ::kill(e.pid, SIGTERM);
        for (const test_engine& e : all_) ::waitpid(e.pid, nullptr, 0);
        unmount_all();
    }
    engines(const engines&) = delete;
    engines& operator=(const engines&) = delete;

    const std::vector<test_engine>& all() const { return all_; }

private:
    // Podman leaves its own behind, and every mount makes a later sandbox of this machine slower.
    void unmount_all() const {
        std::ifstream mounts("/proc/self/mounts");
        std::vector<std::string> ours;
        for (std::string source, point, rest; mounts >> source >> point && std::getline(mounts, rest);)
            if (point.starts_with(folder_.path().string() + "/")) ours.push_back(point);
        for (auto point = ours.rbegin(); point != ours.rend(); ++point) ::umount2(point->c_str(), MNT_DETACH);
    }

    // There is no event to wait for: a socket appears, and answers somewhat later.
    static void wait_for(test_engine& e) {
        const std::string folder = e.socket.substr(0, e.socket.rfind('/'));
        for (int round = 0; round < 1200; ++round) {
            bool answers = false;
            run_async([&](boost::asio::any_io_executor ex) -> async::task<> {
                engine::client client(ex, e.socket);
                answers = (co_await client.facts()).has_value();
            });
            if (answers) return import_image(e.socket, test_image, {});
            if (::waitpid(e.pid, nullptr, WNOHANG) == e.pid) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        e.why_not = e.name + " did not start: " + log_of(folder);
        e.socket.clear();
    }

    temp_dir folder_;
    std::vector<test_engine> all_;
};

}  // namespace

const std::vector<test_engine>& test_engines() {
    static const engines started;
    return started.all();
}

}  // namespace latchkey::test
