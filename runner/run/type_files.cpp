// SPDX-License-Identifier: Apache-2.0
#include "runner/run/type_files.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::run {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 256;
constexpr std::size_t largest_file = std::size_t{1} << 20U;

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

bool of_the_user(const struct stat& facts) {
    return (facts.st_uid == ::geteuid() || facts.st_uid == 0) && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

failure loose(const fs::path& path) {
    return {errc::refused,
            path.string() +
                " belongs to somebody else, or others may write it: an action type is a program, so make "
                "it yours alone (chmod go-w)"};
}

// `own`: of the user alone. Looked at by what was opened, not by a name that may be another file by then.
result<std::string> text_of(const fs::path& path, bool own) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts{};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0)
        return failure(errc::io, "can't read " + path.string() + ": " + std::system_category().message(errno));
    if (!S_ISREG(facts.st_mode)) return failure(errc::refused, path.string() + " is not a file");
    if (own && !of_the_user(facts)) return loose(path);
    if (static_cast<std::size_t>(facts.st_size) > largest_file)
        return failure(errc::usage, path.string() + " is larger than 1 MB: that is no action type");
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t n = ::read(file.get(), text.data() + size, text.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure(errc::io, "can't read " + path.string());
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    text.resize(size);
    return text;
}

result<std::vector<fs::path>> sorted_entries(const fs::path& folder) {
    std::vector<fs::path> paths;
    std::error_code ec;
    for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
        if (paths.size() == most_files)
            return failure(errc::usage, folder.string() + " holds more than 256 entries: leave some out");
        paths.push_back(at->path());
    }
    std::ranges::sort(paths);
    return paths;
}

result<void> add_of_repository(const fs::path& root, const fs::path& path, std::vector<type_file>& to) {
    std::error_code ec;
    if (!fs::exists(path, ec)) return {};
    const fs::path real = fs::canonical(path, ec);
    const fs::path real_root = fs::canonical(root, ec);
    const fs::path inside = real.lexically_relative(real_root);
    const std::string name = path.lexically_relative(root).string();
    // What a message shows of it must be the repository's own.
    if (ec || inside.empty() || *inside.begin() == "..")
        return failure(errc::refused, name + " is a link that leads out of the repository");
    auto text = text_of(real, false);
    if (!text) return text.error();
    to.push_back({false, name, std::move(*text)});
    return {};
}

std::string folder_name(const type_file& f) {
    return fs::path(f.name).parent_path().filename().string();
}

}  // namespace

result<std::vector<type_file>> read_type_files(const fs::path& root, const fs::path& own) {
    std::vector<type_file> all;
    auto folders = sorted_entries(root / ".buddy/actions");
    if (!folders) return folders.error();
    for (const fs::path& folder : *folders)
        if (auto added = add_of_repository(root, folder / "action.yml", all); !added) return added.error();
    struct stat facts{};
    if (own.empty() || ::stat(own.c_str(), &facts) != 0) return all;
    if (!of_the_user(facts)) return loose(own);
    auto files = sorted_entries(own);
    if (!files) return files.error();
    for (const fs::path& path : *files) {
        if (path.extension() != ".yml") continue;
        auto text = text_of(path, true);
        if (!text) return text.error();
        const std::string type = path.stem().string();
        if (pipelines::find_action_type(type) != nullptr)
            return failure(errc::usage,
                           path.string() + ": the type " + type + " is built in: give yours another name");
        std::string why;
        if (!pipelines::read_own_type({path.filename().native(), *text}, why))
            return failure(errc::invalid, (path.parent_path() / why).string());
        all.push_back({true, path.string(), std::move(*text)});
    }
    return all;
}

const known_types::read_file& known_types::read(std::size_t index) {
    read_file& r = read_[index];
    if (r.tried) return r;
    r.tried = true;
    const pipelines::source source(files_[index].name, files_[index].text);
    pipelines::diagnostics problems;
    if (auto action = pipelines::read_custom_action(source, problems))
        r.action = std::make_shared<const pipelines::custom_action>(std::move(*action));
    r.problems = pipelines::render(source, problems);
    return r;
}

known_types::found_custom known_types::custom(std::string_view name) {
    found_custom found;
    const std::string named = pipelines::in_backticks(name);
    for (std::size_t i = 0; i < files_.size(); ++i) {
        if (files_[i].own) continue;
        const read_file& r = read(i);
        const bool of_that_name = r.action != nullptr && r.action->name.value == name;
        if (!of_that_name && folder_name(files_[i]) != name) continue;
        used_[i] = true;
        if (!read_[i].shown) problems_ += r.problems;
        read_[i].shown = true;
        if (r.action != nullptr && found.action == nullptr && !found.faulty) {
            found.action = r.action;
            continue;
        }
        found.why = r.action == nullptr ? "the file of the custom action " + named + " has errors: " + files_[i].name
                                        : "this repository has more than one custom action " + named;
        found.action = nullptr;
        found.faulty = true;
    }
    if (found.action == nullptr && !found.faulty) found.why = "this repository has no custom action " + named;
    return found;
}

std::shared_ptr<const pipelines::action_type> known_types::own(std::string_view type) {
    if (const auto at = own_.find(type); at != own_.end()) return at->second;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const fs::path path = files_[i].name;
        if (!files_[i].own || path.stem() != type) continue;
        std::string why;
        auto read = pipelines::read_own_type({path.filename().native(), files_[i].text}, why);
        if (!read) return nullptr;  // it was looked at when it was read from its folder
        used_[i] = true;
        return own_[std::string(type)] = std::make_shared<const pipelines::action_type>(std::move(*read));
    }
    return nullptr;
}

std::vector<std::string_view> known_types::own_names() const {
    std::vector<std::string_view> names;
    for (const type_file& f : files_) {
        if (!f.own) continue;
        std::string_view name = f.name;
        name.remove_prefix(name.rfind('/') + 1);
        names.push_back(name.substr(0, name.size() - std::string_view(".yml").size()));
    }
    return names;
}

std::vector<type_file> known_types::used() const {
    std::vector<type_file> all;
    for (const auto& [index, yes] : used_) all.push_back(files_[index]);
    return all;
}

}  // namespace latchkey::run
