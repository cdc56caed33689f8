// SPDX-License-Identifier: Apache-2.0
#include "pipelines/yaml_tree.hpp"

#include "pipelines/yaml_text.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace latchkey::pipelines::yaml {

namespace {

constexpr std::size_t bytes_of_a_node = 64;       // text is counted too: this much of it weighs as one node
constexpr std::size_t reported_duplicates = 200;  // a file of nothing but duplicates needs no million warnings
constexpr std::size_t searched_linearly = 16;     // keys; beyond, duplicates are found by sorting

std::size_t weight_of(const std::string& text) {
    return 1 + text.size() / bytes_of_a_node;
}

// The parser names a resolved tag for every node; only what an author wrote is one.
std::string written_tag(const std::string& tag) {
    return tag == "?" || tag == "!" ? std::string() : tag;
}

}  // namespace

tree_builder::tree_builder(const source& file, const limits& bounds, diagnostics& problems)
    : file_(file), text_(file.text()), limits_(bounds), problems_(problems) {}

void tree_builder::fail(const char* code, span where, std::string message, std::string help) {
    problems_.push_back({severity::error, code, where, std::move(message), std::move(help)});
    stopped_ = true;
    open_.clear();
    root_.reset();
}

bool tree_builder::spend(std::size_t weight, span where) {
    spent_ += weight;
    if (spent_ <= limits_.nodes) return true;
    fail("P014", where, "the file expands to more than " + std::to_string(limits_.nodes) + " values",
         "split it, or use fewer aliases");
    return false;
}

void tree_builder::remember(std::size_t anchor, const node& value, std::size_t weight, std::size_t height) {
    if (anchor == 0 || !spend(weight, value.where)) return;
    if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
    anchors_[anchor] = {value, weight, height, true};
}

bool tree_builder::set_key(const node& key) {
    frame& map = open_.back();
    const bool word = key.kind == kind::null && !key.text.empty();  // `null: x` has a key like any other
    if (key.kind != kind::scalar && !word) {
        fail("P011", key.where, "a key has to be one text",
             "write `name: value`; quote a key that looks like something else");
        return false;
    }
    map.merges = map.merges || (!key.quoted && key.text == "<<");
    map.key = key.text;
    map.key_where = key.where;
    map.has_key = true;
    return true;
}

void tree_builder::add(node value, std::size_t anchor, std::size_t weight, std::size_t height) {
    remember(anchor, value, weight, height);
    if (stopped_) return;
    if (open_.empty()) {
        root_ = std::move(value);
        return;
    }
    frame& parent = open_.back();
    parent.weight += weight;
    parent.height = std::max(parent.height, height + 1);
    if (parent.value.kind == kind::sequence) {
        parent.value.items.push_back(std::move(value));
    } else if (parent.has_key) {
        parent.has_key = false;
        parent.value.entries.push_back({std::move(parent.key), parent.key_where, std::move(value)});
    } else {
        set_key(value);
    }
}

span tree_builder::place_of_null(std::uint32_t at) {
    const std::uint32_t begin = skip_properties(text_, at);
    const std::uint32_t word = null_word_at(text_, begin);
    if (open_.empty()) return {begin, begin + word};
    const frame& parent = open_.back();
    if (parent.value.kind == kind::map) {
        // The parser gives an empty value the place of whatever comes next: only what follows the colon is this
        // one's.
        if (!parent.has_key) return {begin, begin + word};
        const std::uint32_t from = parent.key_where.end;
        const bool same_line = begin >= from && text_.substr(from, begin - from).find('\n') == std::string_view::npos;
        return word > 0 && same_line ? span{begin, begin + word} : parent.key_where;
    }
    std::uint32_t dash = skip_space(text_, cursor_);
    if (dash >= text_.size() || text_[dash] != '-' || parent.flow) return {begin, begin + word};
    const bool same_line = begin > dash && text_.substr(dash, begin - dash).find('\n') == std::string_view::npos;
    return word > 0 && same_line ? span{begin, begin + word} : span{dash, dash + 1};
}

void tree_builder::null(std::uint32_t at, std::size_t anchor) {
    if (stopped_) return;
    node value;
    value.where = place_of_null(at);
    if (null_word_at(text_, value.where.begin) == value.where.end - value.where.begin)
        value.text = text_.substr(value.where.begin, value.where.end - value.where.begin);
    cursor_ = std::max(cursor_, value.where.end);
    if (spend(1, value.where)) add(std::move(value), anchor, 1, 0);
}

void tree_builder::scalar(std::uint32_t at, const std::string& tag, std::size_t anchor, const std::string& text) {
    if (stopped_) return;
    const scalar_extent extent = extent_of_scalar(text_, skip_properties(text_, at), text);
    if (!extent.terminated) {
        fail("P008", {extent.where.begin, extent.where.begin + 1}, "this quote is never closed",
             std::string("close it with `") + text_[extent.where.begin] + "`");
        return;
    }
    const std::size_t weight = weight_of(text);
    if (!spend(weight, extent.where)) return;
    cursor_ = std::max(cursor_, extent.after);
    if (extent.quoted && extent.after == extent.where.end &&
        text_.substr(extent.where.begin, extent.where.end - extent.where.begin).find('\n') != std::string_view::npos)
        long_quote_ = extent.where;

    const bool is_key = !open_.empty() && open_.back().value.kind == kind::map && !open_.back().has_key;
    if (is_key && anchor == 0) {  // by far the most frequent: no node is built for it
        frame& map = open_.back();
        map.merges = map.merges || (!extent.quoted && text == "<<");
        map.key = text;
        map.key_where = extent.where;
        map.has_key = true;
        return;
    }
    node value;
    value.kind = kind::scalar;
    value.quoted = extent.quoted;
    value.tag = written_tag(tag);
    value.text = text;
    value.where = extent.where;
    add(std::move(value), anchor, weight, 0);
}

void tree_builder::alias(std::uint32_t at, std::size_t anchor) {
    if (stopped_) return;
    std::size_t end = text_.find_first_of(" \t\r\n,[]{}", at);
    end = std::min(end, text_.size());
    const span where{at, static_cast<std::uint32_t>(std::max<std::size_t>(end, at))};
    cursor_ = std::max(cursor_, where.end);
    if (anchor >= anchors_.size() || !anchors_[anchor].known) {
        fail("P015", where,
             "the alias " + in_backticks(text_.substr(at, where.end - at)) + " stands inside what it refers to",
             "refer to something that ends before");
        return;
    }
    const anchored& target = anchors_[anchor];
    if (open_.size() + target.height >= limits_.depth) {
        fail("P013", where, "the alias nests deeper than " + std::to_string(limits_.depth) + " levels",
             "flatten the structure");
        return;
    }
    if (!spend(target.weight, where)) return;
    add(node(target.value), 0, target.weight, target.height);
}

void tree_builder::open(yaml::kind kind, std::uint32_t at, const std::string& tag, std::size_t anchor, bool flow) {
    if (stopped_) return;
    const std::uint32_t begin = skip_properties(text_, at);
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(begin + 1U, text_.size()));
    if (open_.size() >= limits_.depth) {
        fail("P013", {begin, end}, "the structure nests deeper than " + std::to_string(limits_.depth) + " levels",
             "flatten it");
        return;
    }
    if (!spend(1, {begin, end})) return;
    frame& added = open_.emplace_back();
    added.value.kind = kind;
    added.value.tag = written_tag(tag);
    added.value.where = {begin, end};
    added.anchor = anchor;
    added.flow = flow;
    cursor_ = std::max(cursor_, flow ? end : begin);
}

void tree_builder::close() {
    if (stopped_ || open_.empty()) return;
    frame done = std::move(open_.back());
    open_.pop_back();
    if (done.flow) {
        std::uint32_t at = skip_space(text_, cursor_);
        while (at < text_.size() && text_[at] == ',') at = skip_space(text_, at + 1);
        if (at < text_.size() && (text_[at] == ']' || text_[at] == '}')) cursor_ = at + 1;
    }
    done.value.where.end = std::max(done.value.where.end, cursor_);
    if (done.value.kind == kind::map) {
        report_duplicates(done.value);
        if (done.merges) resolve_merges(done.value);
        if (stopped_) return;
    }
    if (!open_.empty() && open_.back().value.kind == kind::map && !open_.back().has_key) {
        set_key(done.value);
        return;
    }
    add(std::move(done.value), done.anchor, done.weight, done.height);
}

void tree_builder::report_duplicates(node& map) {
    std::vector<entry>& entries = map.entries;
    const std::size_t size = entries.size();
    std::vector<std::pair<std::size_t, std::size_t>> found;  // (later, first)
    if (size <= searched_linearly) {
        for (std::size_t later = 1; later < size; ++later)
            for (std::size_t first = 0; first < later; ++first)
                if (entries[first].key == entries[later].key) {
                    found.emplace_back(later, first);
                    break;
                }
    } else {
        std::vector<std::size_t> order(size);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
            const int compared = entries[a].key.compare(entries[b].key);
            return compared != 0 ? compared < 0 : a < b;
        });
        std::size_t first = order.front();
        for (std::size_t i = 1; i < size; ++i) {
            if (entries[order[i]].key == entries[first].key)
                found.emplace_back(order[i], first);
            else
                first = order[i];
        }
    }
    if (found.empty()) return;
    std::ranges::sort(found);
    std::vector<bool> dropped(size);
    for (const auto& [later, first] : found) {
        if (entries[later].key == "<<") continue;  // several merges are fine
        dropped[later] = true;
        if (duplicates_++ >= reported_duplicates) continue;
        const position place = file_.at(entries[first].key_where.begin);
        problems_.push_back({severity::warning, "P017", entries[later].key_where,
                             "the key " + in_backticks(entries[later].key) +
                                 " stands here again: its first value, at " + std::to_string(place.line) + ":" +
                                 std::to_string(place.column) + ", is used",
                             "remove one of the two"});
    }
    std::size_t index = 0;
    std::erase_if(entries, [&](const entry&) { return dropped[index++]; });
}

void tree_builder::resolve_merges(node& map) {
    std::vector<entry> own;
    std::vector<node> sources;
    own.reserve(map.entries.size());
    for (entry& e : map.entries) {
        if (e.key != "<<") {
            own.push_back(std::move(e));
            continue;
        }
        const span where = e.value.where;
        if (e.value.kind == kind::sequence) {
            for (node& item : e.value.items) sources.push_back(std::move(item));
        } else {
            sources.push_back(std::move(e.value));
        }
        if (std::ranges::any_of(sources, [](const node& n) { return n.kind != kind::map; })) {
            fail("P016", where, "`<<` merges something that is not a map",
                 "give it an alias of a map, or a list of such");
            return;
        }
    }
    // The map's own keys win, then the sources in their order.
    std::unordered_set<std::string> taken;
    for (const entry& e : own) taken.insert(e.key);
    for (node& from : sources)
        for (entry& e : from.entries)
            if (taken.insert(e.key).second) own.push_back(std::move(e));
    map.entries = std::move(own);
}

}  // namespace latchkey::pipelines::yaml
