// SPDX-License-Identifier: Apache-2.0
#include "runner/metrics/metrics.hpp"

#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace latchkey::metrics {

namespace {

double open_descriptors() {
    std::error_code ec;
    double count = 0;
    for (std::filesystem::directory_iterator at("/proc/self/fd", ec), end; !ec && at != end; at.increment(ec))
        ++count;
    return count > 0 ? count - 1 : 0;  // the folder that is read
}

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

}  // namespace

std::shared_ptr<void> watch_process(registry& r) {
    gauge& resident = r.measure("process_resident_memory_bytes", "Resident memory size in bytes.");
    gauge& virtual_size = r.measure("process_virtual_memory_bytes", "Virtual memory size in bytes.");
    gauge& open = r.measure("process_open_fds", "Number of open file descriptors.");
    gauge& most = r.measure("process_max_fds", "Maximum number of open file descriptors.");
    gauge& cpu = r.total("process_cpu_seconds_total", "User and system CPU time spent in seconds.");
    r.measure("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
        .set(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
    return r.before_text([&] {
        const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
        double pages = 0;
        double in_memory = 0;
        std::ifstream("/proc/self/statm") >> pages >> in_memory;
        virtual_size.set(pages * page);
        resident.set(in_memory * page);
        open.set(open_descriptors());
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) most.set(static_cast<double>(limit.rlim_cur));
        rusage used{};
        if (::getrusage(RUSAGE_SELF, &used) == 0) cpu.set(seconds(used.ru_utime) + seconds(used.ru_stime));
    });
}

}  // namespace latchkey::metrics
