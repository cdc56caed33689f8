// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_connection.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace latchkey::store {
namespace {

std::string last_os_error() {
    return std::generic_category().message(errno);
}

result<void> check_private(const std::filesystem::path& path, bool folder) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        return failure(errc::io, "can't look at " + path.string() + ": " + last_os_error());
    }
    if (folder ? !S_ISDIR(found.st_mode) : !S_ISREG(found.st_mode)) {
        return failure(errc::refused, path.string() + " is no plain " + (folder ? "folder" : "file") +
                                          ": move it away or name another place for the store");
    }
    if (found.st_uid != ::geteuid()) {
        return failure(errc::refused, path.string() + " belongs to another user: name a place of your own");
    }
    if ((found.st_mode & 077) != 0) {
        return failure(errc::refused, path.string() + " is open to other users: run chmod " +
                                          (folder ? "700 " : "600 ") + path.string());
    }
    return {};
}

void replace_each(std::string& text, std::string_view word, std::string_view by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
        text.replace(at, word.size(), by);
    }
}

// SQLite's own handler backs off to 100 ms between tries, and starves beside a process that writes without pause.
int try_again_soon(void* tries, int tried) {
    if (tried >= static_cast<int>(reinterpret_cast<std::intptr_t>(tries))) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return 1;
}

void wait_when_busy(soci::session& session, std::chrono::milliseconds timeout) {
    auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
    sqlite_api::sqlite3_busy_handler(backend->conn_, try_again_soon,
                                     reinterpret_cast<void*>(static_cast<std::intptr_t>(timeout.count())));
}

}  // namespace

result<void> prepare_sqlite_file(const std::filesystem::path& file) {
    if (file.filename().empty() || file.native().find('"') != std::string::npos) {
        return failure(errc::usage, "the store can't be at " + file.string() + ": give a file name without quotes");
    }
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) {
        if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
            return failure(errc::io, "can't make the folder " + folder.string() + ": " + last_os_error());
        }
    }
    if (auto fine = check_private(folder, true); !fine) return fine;
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (made < 0) {
        return failure(errno == ELOOP ? errc::refused : errc::io,
                       "can't open the store " + file.string() + ": " + last_os_error());
    }
    ::close(made);
    return check_private(file, false);
}

std::unique_ptr<sql_connection> connect_sqlite(const std::filesystem::path& file, const sqlite_options& options) {
    try {
        auto session = std::make_unique<soci::session>(soci::sqlite3, "db=\"" + file.string() + "\"");
        wait_when_busy(*session, options.busy_timeout);
        *session << "PRAGMA foreign_keys = ON";
        *session << (options.level == durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        return std::make_unique<sql_connection>(std::move(session), "BEGIN IMMEDIATE", options.before_statement);
    } catch (const soci::sqlite3_soci_error& error) {
        const bool damaged = error.result() == SQLITE_NOTADB || error.result() == SQLITE_CORRUPT;
        throw sql_error{{damaged ? errc::corrupt : errc::store,
                         "can't open the store " + file.string() + ": " + error.get_error_message()}};
    } catch (const std::exception&) {
        throw sql_error{{errc::store, "can't open the store " + file.string() + ": check its folder and free space"}};
    }
}

setup_lock::setup_lock(const std::filesystem::path& file) {
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int locked = folder_ < 0 ? -1 : ::flock(folder_, LOCK_EX);
    while (locked != 0 && folder_ >= 0 && errno == EINTR) locked = ::flock(folder_, LOCK_EX);
    if (locked != 0) {
        const auto why = last_os_error();
        if (folder_ >= 0) ::close(folder_);
        throw sql_error{{errc::io, "can't lock the folder " + folder.string() + ": " + why}};
    }
}

setup_lock::~setup_lock() {
    ::close(folder_);
}

void use_write_ahead_log(sql_connection& to) {
    to.script("PRAGMA journal_mode = WAL");
}

bool has_table(sql_connection& in, const std::string& name) {
    return in.one<std::int64_t>("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name", name)
        .has_value();
}

std::string in_sqlite_dialect(std::string_view schema) {
    std::string text(schema);
    replace_each(text, "{id}", "INTEGER PRIMARY KEY AUTOINCREMENT");
    replace_each(text, "{int}", "INTEGER");
    replace_each(text, "{strict}", "STRICT");
    return text;
}

}  // namespace latchkey::store
