// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_backup.hpp"

// Which has the database's own header in a namespace.
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <system_error>
#include <unistd.h>

namespace latchkey::store {

namespace {

struct closer {
    void operator()(sqlite_api::sqlite3* database) const { sqlite_api::sqlite3_close(database); }
};
using database = std::unique_ptr<sqlite_api::sqlite3, closer>;

result<database> open_raw(const std::filesystem::path& file) {
    sqlite_api::sqlite3* opened = nullptr;
    // Not to be made where it is not there.
    const int code = sqlite_api::sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    database owned(opened);
    if (code != SQLITE_OK)
        return failure(errc::store,
                       "can't open the store " + file.string() + ": " + sqlite_api::sqlite3_errstr(code));
    sqlite_api::sqlite3_busy_timeout(opened, 30'000);
    return owned;
}

result<void> copy_pages(sqlite_api::sqlite3* from, sqlite_api::sqlite3* to, const std::filesystem::path& file) {
    sqlite_api::sqlite3_backup* backup = sqlite_api::sqlite3_backup_init(to, "main", from, "main");
    // All pages in one step, within one read transaction: a write of others meanwhile would make it begin anew.
    int code = backup == nullptr ? sqlite_api::sqlite3_errcode(to) : sqlite_api::sqlite3_backup_step(backup, -1);
    const int end = backup == nullptr ? code : sqlite_api::sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) code = end;
    if (code == SQLITE_OK) return {};
    return failure(errc::store, "can't copy the store to " + file.string() + ": " + sqlite_api::sqlite3_errstr(code));
}

int note_answer(void* into, int columns, char** values, char**) {
    if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(into) += values[0];
    return 0;
}

}  // namespace

result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to) {
    auto source = open_raw(from);
    if (!source) return source.error();
    const int made = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made < 0)
        return failure(errno == EEXIST ? errc::conflict : errc::io,
                       "can't make " + to.string() + ": " + std::system_category().message(errno));
    ::close(made);
    result<void> done;
    {
        auto target = open_raw(to);
        done = target ? copy_pages(source->get(), target->get(), to) : result<void>(target.error());
        std::string answer;
        // One file, without a log beside it.
        if (done && (sqlite_api::sqlite3_exec(target->get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr,
                                              nullptr) != SQLITE_OK ||
                     sqlite_api::sqlite3_exec(target->get(), "PRAGMA quick_check(1)", note_answer, &answer,
                                              nullptr) != SQLITE_OK ||
                     answer != "ok"))
            done = failure(errc::corrupt, "the copy of the store is damaged, as the store may be: " + answer);
    }
    if (!done) ::unlink(to.c_str());
    return done;
}

}  // namespace latchkey::store
