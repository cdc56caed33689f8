// SPDX-License-Identifier: Apache-2.0
#include "runner/store/migrate.hpp"

#include "runner/store/schema.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

namespace latchkey::store {
namespace {

std::string checksum_of(std::string_view text) {
    std::string digest(32, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
    return to_hex_text(digest);
}

// How many of our files the database has.
std::size_t applied(sql_connection& to, std::string_view has_versions) {
    if (to.rows<std::int64_t>(has_versions).empty()) return 0;
    const auto rows =
        to.rows<std::int64_t, std::string>("SELECT number, checksum FROM schema_versions ORDER BY number");
    const auto files = schema_files();
    if (rows.size() > files.size()) {
        throw sql_error{{errc::corrupt, "the store was made by a newer latchkey: install that version"}};
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& [number, checksum] = rows[i];
        if (number != static_cast<std::int64_t>(i) + 1 || checksum != checksum_of(files[i].text)) {
            throw sql_error{{errc::corrupt, "the store has another schema than this latchkey (" +
                                                std::string(files[i].name) + "): use the version that made it"}};
        }
    }
    return rows.size();
}

void run_each_statement(sql_connection& to, const std::string& text) {
    // Schema files have no semicolon inside a statement, and comments only at their head.
    std::size_t start = 0;
    for (auto end = text.find(';'); end != std::string::npos; end = text.find(';', start)) {
        to.script(std::string_view(text).substr(start, end - start));
        start = end + 1;
    }
}

}  // namespace

void replace_word(std::string& text, std::string_view word, std::string_view by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
        text.replace(at, word.size(), by);
    }
}

void migrate(sql_connection& to, const migration_manner& manner) {
    const auto files = schema_files();
    if (applied(to, manner.has_versions) == files.size()) return;
    const auto alone = manner.alone ? manner.alone() : nullptr;
    to.begin_write();
    try {
        const auto done = applied(to, manner.has_versions);
        if (done == 0) {
            to.script(
                manner.in_dialect("CREATE TABLE IF NOT EXISTS schema_versions (number {int} NOT NULL PRIMARY KEY, "
                                  "checksum TEXT NOT NULL) "
                                  "{strict}"));
        }
        for (std::size_t i = done; i < files.size(); ++i) {
            run_each_statement(to, manner.in_dialect(files[i].text));
            to.exec("INSERT INTO schema_versions (number, checksum) VALUES (:number, :checksum)",
                    static_cast<std::int64_t>(i) + 1, checksum_of(files[i].text));
        }
        to.commit();
    } catch (const sql_error&) {
        to.rollback();
        throw;
    }
}

}  // namespace latchkey::store
