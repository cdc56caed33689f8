// SPDX-License-Identifier: Apache-2.0
// What every store must do, of the one that this run is about.
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/store_conformance.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey::test;

TEST_SUITE("store.conformance") {
    TEST_CASE("conforms") {
        const temp_dir folder;
        int made = 0;
        check_store_conformance([&]() -> store_factory {
            const auto place = folder.path() / ("s" + std::to_string(made++));
            return [place] { return open_store(place); };
        });
    }
}
