// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/context.hpp"

#include "pipelines/characters.hpp"
#include "runner/cli/open_vault.hpp"
#include "runner/cli/surroundings.hpp"
#include "runner/store/sqlite_store.hpp"
#include "runner/vault/harden.hpp"

#include <cstdlib>
#include <istream>
#include <mutex>
#include <ostream>
#include <system_error>

namespace latchkey::cli {

struct context::opened {
    std::optional<std::filesystem::path> data;
    std::unique_ptr<store::store> store;
    std::optional<vault::vault> vault;
    std::optional<store::project_record> project;
    std::unique_ptr<run::service> service;
};

context::context(std::istream& i, std::ostream& o, std::ostream& e, bool person, bool colours)
    : in(i), out(o), err(e), interactive(person), colour(colours), opened_(std::make_unique<opened>()) {}

context::~context() = default;

policy::time_point context::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

result<std::filesystem::path> context::data_folder() {
    if (opened_->data) return *opened_->data;
    std::filesystem::path base;
    if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg == '/')
        base = xdg;
    else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        base = std::filesystem::path(home) / ".local/share";
    else
        return failure(errc::usage,
                       "can't tell where your data is: neither XDG_DATA_HOME nor HOME is an absolute path");
    opened_->data = base / "latchkey";
    return *opened_->data;
}

result<store::store*> context::store() {
    if (opened_->store) return opened_->store.get();
    auto data = data_folder();
    if (!data) return data.error();
    std::error_code ignored;
    std::filesystem::create_directories(data->parent_path(), ignored);
    auto opened = store::open_sqlite(*data / "latchkey.db");
    if (!opened) return opened.error();
    opened_->store = std::move(*opened);
    return opened_->store.get();
}

result<const vault::vault*> context::vault() {
    if (opened_->vault) return &*opened_->vault;
    vault::harden_process();
    auto data = data_folder();
    if (!data) return data.error();
    auto s = store();
    if (!s) return s.error();
    auto unlocked = open_vault(**s, *data / "master.key");
    if (!unlocked) return unlocked.error();
    opened_->vault.emplace(std::move(*unlocked));
    return &*opened_->vault;
}

std::filesystem::path context::project_root() {
    std::error_code ec;
    std::filesystem::path here = std::filesystem::canonical(std::filesystem::current_path(ec), ec);
    for (std::filesystem::path folder = here; !folder.empty(); folder = folder.parent_path()) {
        if (std::filesystem::exists(folder / ".git", ec)) return folder;
        if (folder == folder.root_path()) break;
    }
    return here;
}

result<store::project_record> context::project() {
    if (opened_->project) return *opened_->project;
    auto s = store();
    if (!s) return s.error();
    auto project = (*s)->project_at(project_root().string());
    if (!project) return project.error();
    opened_->project = *project;
    return *project;
}

result<store::user_record> context::user() {
    auto s = store();
    if (!s) return s.error();
    return (*s)->local_owner();
}

result<run::service*> context::service() {
    if (opened_->service) return opened_->service.get();
    auto s = store();
    if (!s) return s.error();
    auto data = data_folder();
    if (!data) return data.error();
    auto around = make_surroundings(
        **s,
        // A run may start another, on a thread of its own.
        [this, one = std::make_shared<std::mutex>()] {
            const std::lock_guard lock(*one);
            return vault();
        },
        [this] { return now(); }, *data);
    vault::harden_process();
    opened_->service = std::make_unique<run::service>(std::move(around));
    if (auto recovered = opened_->service->recover(); !recovered) return recovered.error();
    return opened_->service.get();
}

int context::fail(const failure& f) {
    err << "latchkey: " << plain_lines(f.what) << "\n";
    switch (f.code) {
        case errc::usage:
        case errc::not_found:
        case errc::conflict:
            return exit_usage;
        case errc::cancelled:
            return exit_cancelled;
        case errc::invalid:
            return exit_invalid;
        case errc::denied:
            return exit_missing_permissions;
        case errc::refused:
        case errc::corrupt:
        case errc::store:
        case errc::io:
        case errc::engine:
            break;
    }
    return exit_infrastructure;
}

int context::usage(const std::string& what) {
    return fail(failure(errc::usage, what));
}

std::string context::in_style(std::string_view text, const char* code) const {
    if (!colour) return std::string(text);
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}
std::string context::bold(std::string_view text) const {
    return in_style(text, "1");
}
std::string context::dim(std::string_view text) const {
    return in_style(text, "2");
}
std::string context::red(std::string_view text) const {
    return in_style(text, "31");
}
std::string context::green(std::string_view text) const {
    return in_style(text, "32");
}

namespace {

// Cells on a terminal, not bytes: names are in any language.
std::size_t width_on_screen(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        const pipelines::character c = pipelines::decode(text);
        cells += c.valid ? pipelines::width_of(c.code) : 1;
        text.remove_prefix(c.length);
    }
    return cells;
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], width_on_screen(row[i]));
        }
    std::string out;
    for (const auto& row : rows) {
        out += indent;
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += row[i];
            if (i + 1 < row.size()) out.append(widths[i] - width_on_screen(row[i]) + 2, ' ');
        }
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    }
    return out;
}

std::string duration_text(std::chrono::milliseconds d) {
    if (d < std::chrono::milliseconds(0)) d = {};
    const auto tenths = (d.count() + 50) / 100;
    if (tenths < 600) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
    const auto seconds = (d.count() + 500) / 1000;
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

}  // namespace latchkey::cli
