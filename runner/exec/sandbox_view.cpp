// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/sandbox_view.hpp"

#include "runner/exec/secret_files.hpp"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

namespace fs = std::filesystem;
using arguments = std::vector<std::string>;

// As root an action would be root in there without root's rights, and tar, npm and their like would try what only
// root can. So it is somebody else; outside, what it writes is ours. A number that no account has.
constexpr const char* number_inside = "60578";
constexpr const char* name_inside = "latchkey";

void add(arguments& to, std::initializer_list<std::string> what) {
    to.insert(to.end(), what);
}

bool within(const fs::path& path, const fs::path& folder) {
    return std::ranges::mismatch(folder, path).in1 == folder.end();
}

void add_system(arguments& to) {
    for (const char* name :
         {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/snap"}) {
        std::error_code ec;
        const fs::path path(name);
        if (fs::is_symlink(path, ec))
            add(to, {"--symlink", fs::read_symlink(path, ec).string(), name});
        else if (fs::is_directory(path, ec) && !fs::is_empty(path, ec))
            add(to, {"--ro-bind", name, name});
    }
    // Folders on the root, which is a new memory file system: a mount costs as much as a small program.
    add(to, {"--dev", "/dev",     "--proc", "/proc", "--perms",   "1777",    "--dir",
             "/tmp",  "--perms",  "1777",   "--dir", "/var/tmp",  "--perms", "1777",
             "--dir", "/dev/shm", "--dir",  "/run",  "--symlink", "/run",    "/var/run"});
    // Often a link to a place in /run.
    std::error_code ec;
    const fs::path names = fs::canonical("/etc/resolv.conf", ec);
    if (!ec && !within(names, "/etc")) add(to, {"--ro-bind", names.string(), names.string()});
}

result<memory_folder> accounts_with_us() {
    auto folder = memory_folder::make();
    if (!folder) return folder;
    std::ostringstream all;
    all << std::ifstream("/etc/passwd").rdbuf() << name_inside << ":x:" << number_inside << ":" << number_inside
        << "::/:/bin/sh\n";
    if (!write_private(folder->path() + "/passwd", all.view(), 0644))
        return failure(errc::engine, "can't write a file in memory");
    return folder;
}

// Its own home is a new one; one that holds the workspace too, with only this in it.
std::string home_of(const request& r) {
    std::string home;
    for (const auto* variables : {&r.machine_environment, &r.environment})
        for (const auto& [name, value] : *variables)
            if (name == "HOME") home = value;
    return home;
}

}  // namespace

result<sandbox_view> sandbox_view::make(const sandbox_options& options) {
    sandbox_view view;
    view.system_ = {"--unshare-user",       "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                    "--unshare-cgroup-try", "--cap-drop",    "ALL",           "--die-with-parent"};
    add_system(view.system_);
    if (::geteuid() == 0) {
        auto accounts = accounts_with_us();
        if (!accounts) return accounts.error();
        view.accounts_ = std::move(*accounts);
        // A file is writable by its mode alone: settings of the kernel would be.
        add(view.system_, {"--ro-bind", "/proc/sys", "/proc/sys"});
        add(view.system_, {"--uid", number_inside, "--gid", number_inside});
        auto covered = covered_mounts::make(view.accounts_.path() + "/passwd");
        if (!covered) return covered.error();
        view.covered_ = std::move(*covered);
    }
    for (const fs::path& folder : options.readable) {
        std::error_code ec;
        const fs::path real = fs::canonical(folder, ec);
        if (ec || !folder.is_absolute())
            return failure(errc::usage, "can't show " + folder.string() + " to actions in a sandbox: " +
                                            (ec ? ec.message() : std::string("write its absolute path")));
        // Where it is asked for, through a link too.
        add(view.readable_, {"--ro-bind", real.string(), folder.lexically_normal().string()});
    }
    for (const fs::path& folder : options.hidden) {
        std::error_code ec;
        view.hidden_.push_back(fs::weakly_canonical(folder, ec));
    }
    return view;
}

result<std::vector<std::string>> sandbox_view::arguments(const request& r, const std::string& private_folder) const {
    std::error_code ec;
    const fs::path workspace = fs::canonical(r.workspace.empty() ? r.directory : r.workspace, ec);
    if (ec) return failure(errc::engine, "there is no folder " + r.workspace.string());
    for (const char* system : {"/", "/usr", "/etc", "/proc", "/sys", "/dev", "/run", "/var", "/home"})
        if (workspace == system)
            return failure(errc::engine, std::string("a sandbox can't have ") + system + " as its workspace");
    std::vector<std::string> all = system_;
    if (!r.network) add(all, {"--unshare-net"});
    const std::string home = home_of(r);
    if (home.starts_with('/') && home != "/" && !within(home, workspace)) add(all, {"--dir", home});
    all.insert(all.end(), readable_.begin(), readable_.end());
    for (const mount& m : r.kept) add(all, {m.read_only ? "--ro-bind" : "--bind", m.source.string(), m.target});
    add(all, {"--bind", workspace.string(), workspace.string()});
    for (const fs::path& folder : hidden_)
        for (const std::string& shown : {workspace.string()})
            if (within(folder, shown) && fs::exists(folder, ec)) add(all, {"--tmpfs", folder.string()});
    if (!private_folder.empty()) add(all, {"--bind", private_folder, private_folder});
    add(all, {"--chdir", fs::weakly_canonical(r.directory, ec).string()});
    return all;
}

}  // namespace latchkey::exec
