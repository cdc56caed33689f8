// SPDX-License-Identifier: Apache-2.0
//
// A body of JSON documents one after another, as an engine reports progress. One loop. What is no JSON ends it as a
// failure; one document may have 1 MB.
#pragma once

#include "runner/engine/http_connection.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>

namespace latchkey::engine {

async::task<result<void>> read_json_lines(http_connection&, std::function<void(const nlohmann::json&)> take);

// Finds where documents end in a text that comes in pieces: braces count outside strings. Value type.
class json_splitter {
public:
    // Calls `whole` for each document that ends in the piece. false: a document is longer than 1 MB.
    bool feed(std::string_view piece, const std::function<void(std::string_view)>& whole);

private:
    std::string open_;  // of the document under way
    int depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
};

}  // namespace latchkey::engine
