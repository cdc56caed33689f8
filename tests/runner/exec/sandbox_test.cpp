// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/sandbox.hpp"

#include "runner/exec/find_program.hpp"
#include "tests/runner/exec/backend_conformance.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/buffer.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace exec = latchkey::exec;
namespace fs = std::filesystem;
using latchkey::async::task;
using latchkey::test::finished;
using latchkey::test::run_async;
using latchkey::test::run_to_end;
using latchkey::test::temp_dir;

std::unique_ptr<exec::backend> sandbox(asio::any_io_executor ex, const exec::sandbox_options& options = {}) {
    auto made = exec::make_sandbox_backend(std::move(ex), options);
    REQUIRE_MESSAGE(made.has_value(), made.error().what);
    return std::move(*made);
}

exec::request script(std::vector<std::string> commands, const fs::path& folder) {
    exec::request r = latchkey::test::script(std::move(commands), folder);
    r.workspace = folder;
    return r;
}

// What each command says, executed one by one in one action, failures too.
std::string said(std::vector<std::string> commands, const fs::path& folder, const exec::sandbox_options& options = {},
                 const std::function<void(exec::request&)>& change = {}) {
    std::string output;
    run_async([&](asio::any_io_executor ex) -> task<> {
        const auto backend = sandbox(ex, options);
        exec::request r = script(std::move(commands), folder);
        r.execute_every_command = true;
        if (change) change(r);
        output = (co_await run_to_end(*backend, std::move(r))).output;
    });
    return output;
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

}  // namespace

TEST_SUITE("exec.sandbox") {
    TEST_CASE("conforms: to what every backend has to do") {
        const temp_dir folder;
        latchkey::test::check_backend([](asio::any_io_executor ex) { return sandbox(std::move(ex)); }, folder.path(),
                                      {.prepare = [&](exec::request& r) { r.workspace = folder.path(); },
                                       .tells_signals = false,
                                       .at_once = 50,
                                       .files_here = true});
    }

    TEST_CASE(
        "only the workspace can be written: nothing of the system, of the kernel's settings, of other folders") {
        const temp_dir folder;
        const temp_dir other;
        write(other.path() / "file", "of somebody else");
        CHECK_EQ(said({"echo mine > here && cat here"}, folder.path()), "mine\n");
        CHECK(fs::exists(folder.path() / "here"));
        for (const std::string place :
             {"/usr/x", "/etc/x", "/proc/sys/kernel/core_pattern", "/bin/x", "/etc/passwd"}) {
            CAPTURE(place);
            const std::string out =
                said({"(echo x > " + place + ") 2>/dev/null && echo written || echo refused"}, folder.path());
            CHECK_EQ(out, "refused\n");
        }
        // Not there at all.
        CHECK_EQ(said({"cat " + (other.path() / "file").string() + " 2>&1 | grep -c 'No such file'"}, folder.path()),
                 "1\n");
        // Its own, empty, and gone with it.
        for (const std::string place : {"/tmp", "/var/tmp", "/dev/shm", "/run", "/"}) {
            CAPTURE(place);
            const fs::path file = fs::path(place) / "sandbox_was_here";
            CHECK_EQ(said({"test -e " + file.string() + " || echo x > " + file.string() + " && cat " + file.string()},
                          folder.path()),
                     "x\n");
            CHECK_FALSE(fs::exists(file));
        }
    }

    TEST_CASE("what others may not read stays unread: files of root, of the home folder, our data, sockets") {
        const temp_dir folder;
        const temp_dir home;
        write(home.path() / "key", "private key");
        const auto with_home = [&](exec::request& r) { r.environment.emplace_back("HOME", home.path().string()); };
        CHECK_EQ(said({"ls -A ~", "touch ~/x && ls ~"}, folder.path(), {}, with_home), "x\n");
        CHECK_FALSE(fs::exists(home.path() / "x"));
        CHECK_EQ(said({"cat /etc/shadow /etc/gshadow /etc/ssl/private/* 2>/dev/null | wc -c"}, folder.path()), "0\n");
        CHECK_EQ(said({"find / -xdev -type s 2>/dev/null",
                       "ls -A /run /root /home 2>/dev/null | grep -v : | grep -v '^$' | grep -v latchkey"},
                      folder.path()),
                 "");
        // Shown only where it is asked for, read-only; hidden also inside the workspace.
        CHECK_EQ(said({"cat " + (home.path() / "key").string(),
                       "touch " + (home.path() / "y").string() + " 2>/dev/null || echo refused"},
                      folder.path(), {.readable = {home.path()}}, with_home),
                 "private keyrefused\n");
        fs::create_directory(folder.path() / "data");
        write(folder.path() / "data" / "master.key", "key");
        CHECK_EQ(said({"ls -A data"}, folder.path(), {.hidden = {folder.path() / "data"}}), "");
        // A home that the workspace lies in: nothing but the way to it.
        fs::create_directories(home.path() / "src" / "project");
        CHECK_EQ(said({"ls -A ~ ~/src; pwd"}, home.path() / "src" / "project", {}, with_home),
                 home.path().string() + ":\nsrc\n\n" + home.path().string() + "/src:\nproject\n" +
                     home.path().string() + "/src/project\n");
    }

    TEST_CASE("no way out: no capability, no new privilege, no namespace, no mount, no key ring, no raw socket") {
        const temp_dir folder;
        const std::string out =
            said({"grep -E '^(CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'",
                  "unshare -U true 2>/dev/null || echo no namespace",
                  "mount -t tmpfs none /tmp 2>/dev/null || echo no mount", "ls /proc | grep -c '^[0-9]*$'"},
                 folder.path());
        const std::string expected =
            "CapPrm:0000000000000000\nCapEff:0000000000000000\nCapBnd:0000000000000000\n"
            "CapAmb:0000000000000000\nNoNewPrivs:1\nSeccomp:2\nno namespace\nno mount\n";
        CHECK_EQ(out.substr(0, expected.size()), expected);
        CHECK_LT(std::stoi(out.substr(expected.size())), 7);
        if (exec::find_program("python3").empty()) {
            MESSAGE("no python3 on this machine");
            return;
        }
        CHECK_EQ(
            said({"/usr/bin/python3 -c '\n"
                  "import socket, fcntl, ctypes, os, errno\n"
                  "for family in (socket.AF_INET, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 38, 40):\n"
                  "    try: socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_DGRAM if family "
                  "!= 38 else 5); print(int(family), \"yes\")\n"
                  "    except OSError as e: print(int(family), errno.errorcode[e.errno])\n"
                  "libc = ctypes.CDLL(None, use_errno=True)\n"
                  "for number in (248, 250, 321, 298, 323, 425):\n"  // add_key keyctl bpf perf userfaultfd io_uring
                  "    print(libc.syscall(number, 0, 0, 0, 0, 0), errno.errorcode[ctypes.get_errno()])\n'"},
                 folder.path()),
            "2 yes\n1 yes\n16 yes\n17 EPERM\n38 EPERM\n40 EPERM\n"
            "-1 EPERM\n-1 EPERM\n-1 EPERM\n-1 EPERM\n-1 EPERM\n-1 EPERM\n");
    }

    TEST_CASE("as root it is somebody else inside, and what it writes is ours: tar keeps no owners") {
        const temp_dir folder;
        const std::string who = said({"id -u", "touch file && stat -c %u file",
                                      "tar cf a.tar file && mkdir out && tar xf a.tar -C out && echo unpacked"},
                                     folder.path());
        struct stat facts{};
        REQUIRE_EQ(::stat((folder.path() / "file").c_str(), &facts), 0);
        CHECK_EQ(facts.st_uid, ::geteuid());
        const std::string uid = ::geteuid() == 0 ? "60578" : std::to_string(::geteuid());
        CHECK_EQ(who, uid + "\n" + uid + "\nunpacked\n");
        if (::geteuid() == 0) CHECK_EQ(said({"id -un"}, folder.path()), "latchkey\n");
    }

    TEST_CASE("the network is on or off: off, there is a loopback of its own and nothing else") {
        const temp_dir folder;
        const std::vector<std::string> count = {"tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"};
        const std::string off = said(count, folder.path(), {}, [](exec::request& r) { r.network = false; });
        CHECK_NE(off.find("lo\n"), std::string::npos);
        CHECK_EQ(off.find("eth"), std::string::npos);
        CHECK_NE(said({"readlink /proc/self/ns/net"}, folder.path(), {}, [](exec::request& r) { r.network = false; }),
                 fs::read_symlink("/proc/self/ns/net").string() + "\n");
        CHECK_EQ(said({"readlink /proc/self/ns/net"}, folder.path()),
                 fs::read_symlink("/proc/self/ns/net").string() + "\n");
    }

    TEST_CASE("limits are the kernel's: memory and processes end what goes beyond, and the log says so") {
        const temp_dir folder;
        std::vector<std::string> told;
        const auto limited = [&](exec::limits limits, std::vector<std::string> commands) {
            finished f;
            run_async([&](asio::any_io_executor ex) -> task<> {
                const auto backend = sandbox(ex);
                exec::request r = script(std::move(commands), folder.path());
                r.limits = limits;
                r.say = [&](const std::string& line) { told.push_back(line); };
                f = co_await run_to_end(*backend, std::move(r));
            });
            return f;
        };
        CHECK_EQ(limited({.memory_bytes = 64 << 20, .cpus = 0.5, .pids = 20}, {"echo within"}).output, "within\n");
        CHECK(told.empty());
        // tail keeps the one line that it is given.
        CHECK_NE(limited({.memory_bytes = 16 << 20}, {"head -c 200000000 /dev/zero | tail -n 1 | wc -c"}).output,
                 "200000000\n");
        CHECK_EQ(told, std::vector<std::string>{"its limit of memory was reached: a process of it was killed"});
        const finished crowd =
            limited({.pids = 10}, {"for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done; echo all started"});
        CHECK_EQ(crowd.output.find("all started"), std::string::npos);
        CHECK_NE(crowd.status.number, 0);
        const std::string own = "latchkey-" + std::to_string(::getpid()) + "-";
        std::error_code ec;
        for (const auto& group : fs::recursive_directory_iterator("/sys/fs/cgroup", ec))
            CHECK_EQ(group.path().filename().string().find(own), std::string::npos);
    }

    TEST_CASE("a share of the processors is what the action's group says while it runs") {
        const temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = sandbox(ex);
            exec::request r = script({"cat /proc/self/cgroup", "echo ready", "sleep 1000"}, folder.path());
            r.limits.cpus = 0.5;
            auto e = co_await backend->start(std::move(r));
            REQUIRE_MESSAGE(e.has_value(), e.error().what);
            std::string output;
            std::array<char, 4096> buffer{};
            while (output.find("ready") == std::string::npos) {
                const auto n = co_await (*e)->read(asio::buffer(buffer));
                REQUIRE((n.has_value() && *n > 0));
                output.append(buffer.data(), *n);
            }
            std::string quota;
            const std::string own = "latchkey-" + std::to_string(::getpid()) + "-";
            std::error_code ec;
            for (const auto& group : fs::recursive_directory_iterator("/sys/fs/cgroup", ec)) {
                if (group.path().filename().string().find(own) == std::string::npos) continue;
                for (const char* file : {"cpu.cfs_quota_us", "cpu.max"})
                    if (std::ifstream in(group.path() / file); in) in >> quota;
            }
            CHECK_EQ(quota, "50000");
            (*e)->kill();
            CHECK_EQ((co_await (*e)->wait())->number, 137);
        });
    }

    TEST_CASE("a cache is kept: a folder of this machine under the name the action knows") {
        const temp_dir folder;
        const temp_dir cache;
        const auto with_cache = [&](exec::request& r) {
            r.environment.emplace_back("HOME", "/home/somebody");
            r.kept = {{cache.path(), "/home/somebody/.cache", false}};
        };
        CHECK_EQ(said({"echo kept > ~/.cache/file"}, folder.path(), {}, with_cache), "");
        CHECK_EQ(said({"cat ~/.cache/file"}, folder.path(), {}, with_cache), "kept\n");
    }

    TEST_CASE("what can't be set up is a failure, not a result: a cache where nothing can be made") {
        const temp_dir folder;
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = sandbox(ex);
            exec::request r = script({"echo executed"}, folder.path());
            r.kept = {{folder.path(), "/usr/not/there", false}};
            auto started = co_await backend->start(std::move(r));
            REQUIRE(started.has_value());
            std::array<char, 512> buffer{};
            const auto n = co_await (*started)->read(asio::buffer(buffer));
            REQUIRE(n.has_value());
            CHECK_EQ(std::string(buffer.data(), *n).substr(0, 6), "bwrap:");
            const auto ended = co_await (*started)->wait();
            REQUIRE_FALSE(ended.has_value());
            CHECK_EQ(ended.error().what, "the sandbox can't be made: what bubblewrap says is in the log");
        });
    }

    TEST_CASE("a workspace that would show everything is refused") {
        run_async([&](asio::any_io_executor ex) -> task<> {
            const auto backend = sandbox(ex);
            for (const char* place : {"/", "/usr", "/home"}) {
                const auto started = co_await backend->start(script({"true"}, place));
                REQUIRE_FALSE(started.has_value());
                CHECK_NE(started.error().what.find("as its workspace"), std::string::npos);
            }
        });
    }
}
