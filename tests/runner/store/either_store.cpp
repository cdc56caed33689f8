// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/either_store.hpp"

#include "runner/store/postgres_store.hpp"
#include "runner/store/sqlite_connection.hpp"
#include "runner/store/sqlite_store.hpp"
#include "tests/support/server.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <cstdlib>
#include <map>
#include <stdexcept>

namespace latchkey::test {

bool on_postgres() {
    const char* const asked = std::getenv("LATCHKEY_TEST_STORE");
    if (asked == nullptr) return false;
    if (std::string_view(asked) != "postgresql")
        throw std::runtime_error("LATCHKEY_TEST_STORE is neither unset nor \"postgresql\"");
    return true;
}

std::string postgres_at(const std::filesystem::path& place) {
    static const server running("runner/store/postgres.sh");
    static std::map<std::string, std::string> made;
    const std::string to = "postgresql://latchkey@127.0.0.1:" + running.port() + "/";
    auto& name = made[place.string()];
    if (name.empty()) {
        name = "test_" + std::to_string(made.size());
        soci::session session(soci::postgresql, to + "postgres?application_name=test");
        session << "CREATE DATABASE " + name;
    }
    return to + name + "?application_name=test";
}

std::unique_ptr<store::store> open_store(const std::filesystem::path& place) {
    auto opened = on_postgres() ? store::open_postgres(postgres_at(place)) : store::open_sqlite(place / "store.db");
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
}

store::stores open_stores(const std::filesystem::path& place) {
    auto opened = on_postgres() ? store::open_postgres_stores(postgres_at(place))
                                : store::open_sqlite_stores(place / "store.db");
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
}

void run_sql(const std::filesystem::path& place, const std::string& statement) {
    if (on_postgres()) {
        soci::session session(soci::postgresql, postgres_at(place));
        session << statement;
    } else {
        store::connect_sqlite(place / "store.db", {})->script(statement);
    }
}

}  // namespace latchkey::test
