// SPDX-License-Identifier: Apache-2.0
//
// COPY_FILES: files of the workspace to another folder of it. The pipelines of a project work in one folder here, so
// that copying from one to another is copying within it; other projects have folders that no action may touch.
#include "runner/native/new_file.hpp"
#include "runner/native/types.hpp"
#include "runner/native/workspace_files.hpp"

#include <algorithm>
#include <fcntl.h>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

result<void> check_projects(const action& a) {
    if (!a.text("source_pipeline_id").empty())
        return failure(errc::invalid,
                       "source_pipeline_id is a number of another server: name the pipeline with source_pipeline");
    for (const char* key : {"source_project", "source_project_name", "target_project", "target_project_name"}) {
        const std::string named = a.text(key);
        if (!named.empty() && named != a.variable("BUDDY_PROJECT_NAME") &&
            named != a.variable("BUDDY_PROJECT_NAME_ID"))
            return failure(errc::invalid, std::string(key) + " names the project " + named +
                                              ": an action can only copy files of its own, " +
                                              a.variable("BUDDY_PROJECT_NAME"));
    }
    // In a work tree all pipelines have the same files; a checkout is one pipeline's own.
    if (a.repository().empty()) return {};
    for (const char* key : {"source_pipeline", "source_pipeline_name", "target_pipeline", "target_pipeline_name"}) {
        const std::string named = a.text(key);
        if (!named.empty() && named != a.variable("BUDDY_PIPELINE_NAME"))
            return failure(errc::invalid, std::string(key) + " names the pipeline " + named +
                                              ", whose files are its own in a run with a checkout: run both in "
                                              "the work tree, without --checkout");
    }
    return {};
}

bool is_hidden(const std::string& path) {
    return path.starts_with('.') || path.find("/.") != std::string::npos;
}

bool is_within(const fs::path& path, const fs::path& folder) {
    return std::ranges::mismatch(folder, path).in1 == folder.end();
}

result<void> copy_one(const fs::path& from, const fs::path& root, const std::string& name) {
    const int in = ::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat facts{};
    if (in < 0 || ::fstat(in, &facts) != 0) {
        if (in >= 0) ::close(in);
        return failure(errc::io, "can't read " + name);
    }
    auto made = new_file::create(root, name);
    result<void> done;
    if (!made) done = made.error();
    char piece[65536];
    while (done) {
        const ssize_t n = ::read(in, piece, sizeof piece);
        if (n == 0) break;
        if (n < 0 || !made->write({piece, static_cast<std::size_t>(n)}))
            done = failure(errc::io, "can't copy " + name);
    }
    ::close(in);
    if (!done) return done;
    if (auto kept = made->keep(true, facts.st_mode & 0777U); !kept) return kept.error();
    return {};
}

result<std::size_t> copy_all(const action& a) {
    if (auto own = check_projects(a); !own) return own.error();
    const auto from = in_workspace(a, a.text("source_path"));
    const auto to = in_workspace(a, a.text("target_path"));
    if (!from || !to) return from ? to.error() : from.error();
    const auto files = files_below(a, *from);
    if (!files) return files.error();
    std::size_t count = 0;
    // A file that is named itself may be hidden.
    const bool hidden_too = a.flag("copy_hidden_files") || *from != files->root;
    for (const std::string& name : files->names) {
        const fs::path source = files->root / name;
        // What a copy into a folder of itself has made before is no source.
        if ((is_hidden(name) && !hidden_too) || *to / name == source ||
            (*to != files->root && is_within(source, *to) && is_within(*to, files->root)))
            continue;
        if (auto copied = copy_one(source, *to, name); !copied) return copied.error();
        ++count;
    }
    return count;
}

}  // namespace

int copy_files(const action& a, std::ostream& out) {
    const auto count = copy_all(a);
    if (!count) {
        out << count.error().what << "\n";
        return count.error().code == errc::invalid ? 2 : 1;
    }
    if (*count == 0)
        out << "nothing to copy: the pipelines of a project work in one folder here, and what is there stays\n";
    else
        out << *count << (*count == 1 ? " file" : " files") << " copied\n";
    return 0;
}

}  // namespace latchkey::native
