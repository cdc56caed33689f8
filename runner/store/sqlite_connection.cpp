// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_connection.hpp"

#include "runner/store/migrate.hpp"
#include "runner/store/schema.hpp"

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

// SOCI's what() repeats the values of the statement, which are nobody's business: only its message is used.
failure explain_sqlite(bool&) {
    try {
        throw;
    } catch (const soci::sqlite3_soci_error& error) {
        const int primary = error.result() & 0xff;
        const std::string said = error.get_error_message();
        if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
            return {errc::store, "the store was busy for too long: another process holds it, try again"};
        }
        if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
            return {errc::corrupt, "the store's file is damaged (" + said + "): restore it from a backup"};
        }
        if (primary == SQLITE_CONSTRAINT) {
            return {errc::conflict, "the store refused a change that contradicts what it holds (" + said + ")"};
        }
        return {errc::store, "the store could not read or write: " + said};
    } catch (const soci::soci_error& error) {
        return {errc::store, "the store could not read or write: " + error.get_error_message()};
    } catch (const std::exception& error) {
        return {errc::store, std::string("the store could not read or write: ") + error.what()};
    }
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
        return std::make_unique<sql_connection>(
            std::move(session), sql_manner{"BEGIN", "BEGIN IMMEDIATE", {}, explain_sqlite}, options.before_statement);
    } catch (const soci::sqlite3_soci_error& error) {
        const bool damaged = error.result() == SQLITE_NOTADB || error.result() == SQLITE_CORRUPT;
        throw sql_error{{damaged ? errc::corrupt : errc::store,
                         "can't open the store " + file.string() + ": " + error.get_error_message()}};
    } catch (const std::exception&) {
        throw sql_error{{errc::store, "can't open the store " + file.string() + ": check its folder and free space"}};
    }
}

namespace {

// Held by one process at a time while it sets a database up; released when closed.
class setup_lock {
public:
    explicit setup_lock(const std::filesystem::path& file);  // throws sql_error
    ~setup_lock();
    setup_lock(const setup_lock&) = delete;
    setup_lock& operator=(const setup_lock&) = delete;

private:
    int folder_ = -1;
};

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

}  // namespace

std::string in_sqlite_dialect(std::string_view schema) {
    std::string text(schema);
    replace_word(text, "{id}", "INTEGER PRIMARY KEY AUTOINCREMENT");
    replace_word(text, "{int}", "INTEGER");
    replace_word(text, "{strict}", "STRICT");
    return text;
}

void migrate_sqlite(sql_connection& to, const std::filesystem::path& file) {
    migrate(to,
            {in_sqlite_dialect, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'", [&] {
                 auto alone = std::make_shared<setup_lock>(file);
                 to.script("PRAGMA journal_mode = WAL");
                 return alone;
             }});
}

}  // namespace latchkey::store
