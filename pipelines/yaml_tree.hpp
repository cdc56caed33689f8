// SPDX-License-Identifier: Apache-2.0
//
// Builds the positioned tree of one document from a parser's events, within the limits: nodes are counted after
// aliases are expanded, depth too. Duplicate keys are reported and merge keys resolved when a map is complete.
// Single-threaded; lives for one read. After the first error it ignores what follows.
#pragma once

#include "pipelines/yaml.hpp"

namespace latchkey::pipelines::yaml {

class tree_builder {
public:
    tree_builder(const source&, const limits&, diagnostics& problems);

    // Offsets are where the parser says that a node starts; `anchor` is 0 for a node without one.
    void null(std::uint32_t at, std::size_t anchor);
    void scalar(std::uint32_t at, const std::string& tag, std::size_t anchor, const std::string& value);
    void alias(std::uint32_t at, std::size_t anchor);
    void open(yaml::kind, std::uint32_t at, const std::string& tag, std::size_t anchor, bool flow);
    void close();

    bool stopped() const { return stopped_; }
    std::uint32_t reached() const { return cursor_; }               // the end of what was read last
    std::optional<span> long_quote() const { return long_quote_; }  // the last quoted text over several lines
    std::optional<node> take() { return std::move(root_); }

private:
    struct frame {
        node value;
        std::size_t anchor = 0;
        std::size_t weight = 1;
        std::size_t height = 1;
        bool flow = false;
        bool has_key = false;
        bool merges = false;
        std::string key;
        span key_where;
    };
    struct anchored {
        node value;
        std::size_t weight = 0;
        std::size_t height = 0;
        bool known = false;
    };

    void add(node, std::size_t anchor, std::size_t weight, std::size_t height);
    bool set_key(const node&);
    bool spend(std::size_t weight, span where);
    void remember(std::size_t anchor, const node&, std::size_t weight, std::size_t height);
    void report_duplicates(node& map);
    void resolve_merges(node& map);
    span place_of_null(std::uint32_t at);
    void fail(const char* code, span where, std::string message, std::string help);

    const source& file_;
    std::string_view text_;
    const limits& limits_;
    diagnostics& problems_;
    std::vector<frame> open_;
    std::vector<anchored> anchors_;
    std::optional<node> root_;
    std::optional<span> long_quote_;
    std::size_t spent_ = 0;
    std::size_t duplicates_ = 0;
    std::uint32_t cursor_ = 0;
    bool stopped_ = false;
};

}  // namespace latchkey::pipelines::yaml
