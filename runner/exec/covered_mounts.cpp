// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/covered_mounts.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace latchkey::exec {

namespace {

// What an entry without these is hidden for: others' right to read, and of a folder to enter.
constexpr mode_t readable_folder = S_IROTH | S_IXOTH;

bool cover_folder(const std::string& path) {
    return ::mount("none", path.c_str(), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                   "mode=0555,size=4k") == 0;
}

// False: something can't be covered; errno says why.
bool cover_within(int parent, const char* name, const std::string& path) {
    const int folder = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) return false;
    DIR* entries = ::fdopendir(folder);
    bool good = true;
    while (const dirent* entry = good ? ::readdir(entries) : nullptr) {
        const std::string_view called = entry->d_name;
        if (called == "." || called == ".." || entry->d_type == DT_LNK) continue;
        struct stat facts{};
        if (::fstatat(folder, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
        const std::string whole = path + "/" + entry->d_name;
        if (S_ISDIR(facts.st_mode))
            good = (facts.st_mode & readable_folder) == readable_folder ? cover_within(folder, entry->d_name, whole)
                                                                        : cover_folder(whole);
        else if (S_ISREG(facts.st_mode) && (facts.st_mode & S_IROTH) == 0 && facts.st_size > 0)
            good = ::mount("/dev/null", whole.c_str(), nullptr, MS_BIND, nullptr) == 0;
    }
    ::closedir(entries);
    return good;
}

bool is_of_the_kernel(std::string_view type) {
    constexpr std::array<std::string_view, 14> all = {"cgroup",   "cgroup2", "securityfs", "debugfs",    "tracefs",
                                                      "bpf",      "pstore",  "fusectl",    "configfs",   "hugetlbfs",
                                                      "efivarfs", "nsfs",    "rpc_pipefs", "binfmt_misc"};
    for (const std::string_view one : all)
        if (one == type) return true;
    return false;
}

// In the calling thread's own namespace.
int make_here(const std::filesystem::path& accounts, covered_mounts& made) {
    if (::unshare(CLONE_NEWNS) != 0) return errno;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
    if (!cover_within(AT_FDCWD, "/etc", "/etc")) return errno;
    if (::mount(accounts.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0) return errno;
    std::ifstream mounts("/proc/thread-self/mounts");
    std::vector<std::string> needless;
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string source;
        std::string point;
        std::string type;
        if (words >> source >> point >> type && is_of_the_kernel(type)) needless.push_back(point);
    }
    // The last lies on the first. One that can't go does no harm.
    for (auto point = needless.rbegin(); point != needless.rend(); ++point) ::umount2(point->c_str(), MNT_DETACH);
    made.space.reset(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
    made.root.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return made.space.get() < 0 || made.root.get() < 0 ? errno : 0;
}

}  // namespace

result<covered_mounts> covered_mounts::make(const std::filesystem::path& accounts) {
    covered_mounts made;
    int error = 0;
    // A namespace is a thread's: this one's end leaves it to the descriptors.
    std::thread([&] { error = make_here(accounts, made); }).join();
    if (error != 0)
        return failure(errc::engine, "can't cover what only root may read: " + std::system_category().message(error));
    return made;
}

}  // namespace latchkey::exec
