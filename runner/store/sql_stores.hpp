// SPDX-License-Identifier: Apache-2.0
//
// The stores over an open database, whichever kind it is. Free functions, no thread rule.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/stores.hpp"

namespace latchkey::store {

std::unique_ptr<store> store_over(std::shared_ptr<sql_database>);
// decision_ids_at_once: as in sqlite_options.
stores stores_over(const std::shared_ptr<sql_database>&, int decision_ids_at_once = 1);

}  // namespace latchkey::store
