// SPDX-License-Identifier: Apache-2.0
#include "pipelines/diagnostic.hpp"

#include "pipelines/characters.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace latchkey::pipelines {

namespace {

constexpr std::uint32_t excerpt_width = 100;  // cells of a line that are shown
constexpr std::uint32_t looked_at = 2048;     // bytes of a line
constexpr std::uint32_t excerpt_lead = 40;    // of them before the place, when the line has to be cut

struct cell {
    std::string bytes;
    std::uint32_t width = 1;
    std::uint32_t offset = 0;  // in the line
};

// The line as a terminal shows it: nothing in it moves the cursor, whatever the file holds.
std::vector<cell> cells_of(std::string_view line) {
    std::vector<cell> cells;
    cells.reserve(line.size());
    for (std::size_t at = 0; at < line.size();) {
        const character c = decode(line.substr(at));
        const auto offset = static_cast<std::uint32_t>(at);
        if (c.code == '\t') {
            cells.push_back({"\t", 1, offset});
        } else if (!c.valid || is_control(c.code) || turns_direction(c.code)) {
            cells.push_back({std::string(replacement_character), 1, offset});
        } else {
            cells.push_back({std::string(line.substr(at, c.length)), width_of(c.code), offset});
        }
        at += c.length;
    }
    return cells;
}

void append_excerpt(std::string& out, const source& text, span where, position place) {
    const std::string_view line = text.line(place.line);
    if (line.empty()) return;
    const auto line_begin = static_cast<std::uint32_t>(line.data() - text.text().data());
    // Of a line as long as a file, only the surroundings are looked at.
    std::uint32_t skipped = where.begin - line_begin > looked_at / 2 ? where.begin - line_begin - looked_at / 2 : 0;
    while (skipped > 0 && (static_cast<unsigned char>(line[skipped]) & 0xC0U) == 0x80U) --skipped;
    const std::string_view near = line.substr(skipped, looked_at);
    const std::vector<cell> cells = cells_of(near);
    const std::uint32_t from = where.begin - line_begin - skipped;
    const std::uint32_t to = where.end > where.begin ? where.end - line_begin - skipped : from + 1;

    const auto index_of = [&](std::uint32_t offset) {
        const auto found = std::lower_bound(cells.begin(), cells.end(), offset,
                                            [](const cell& c, std::uint32_t o) { return c.offset < o; });
        return static_cast<std::size_t>(found - cells.begin());
    };
    const std::size_t first = index_of(from);
    const std::size_t last = std::max(index_of(to), first + 1);

    std::size_t begin = 0;
    std::size_t end = cells.size();
    if (cells.size() > excerpt_width) {
        begin = first > excerpt_width - excerpt_lead ? first - excerpt_lead : 0;
        end = std::min<std::size_t>(cells.size(), begin + excerpt_width);
    }

    const std::string number = std::to_string(place.line);
    std::string shown;
    std::string marks;
    if (begin > 0 || skipped > 0) {
        shown += "…";
        marks += ' ';
    }
    for (std::size_t i = begin; i < end; ++i) {
        shown += cells[i].bytes;
        if (i < first) {
            marks += cells[i].bytes == "\t" ? std::string("\t") : std::string(cells[i].width, ' ');
        } else if (i < last) {
            marks += i == first ? '^' : '~';
            if (cells[i].width == 2) marks += '~';
        }
    }
    if (end < cells.size() || skipped + near.size() < line.size()) shown += "…";
    if (first >= end) marks += '^';  // just after the line's last character
    out.append("  ").append(number).append(" | ").append(shown).append("\n");
    out.append(2 + number.size(), ' ').append(" | ").append(marks).append("\n");
}

// Optimal string alignment: insert, delete, replace, swap of neighbours. Gives up beyond `limit`.
std::size_t edits(std::string_view a, std::string_view b, std::size_t limit) {
    if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string folded(std::string_view word) {
    std::string out(word);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '-' || c == ' ') c = '_';
    }
    return out;
}

}  // namespace

bool has_errors(const diagnostics& problems) {
    return std::ranges::any_of(problems, [](const diagnostic& d) { return d.severity == severity::error; });
}

void sort_by_place(diagnostics& problems) {
    std::ranges::sort(problems, {}, [](const diagnostic& d) {
        return std::tuple(d.where.begin, d.where.end, std::string_view(d.code), std::string_view(d.message));
    });
}

std::string render(const source& text, const diagnostics& problems, std::size_t limit) {
    diagnostics sorted = problems;
    sort_by_place(sorted);
    std::string out;
    const std::size_t shown = std::min(limit, sorted.size());
    for (std::size_t i = 0; i < shown; ++i) {
        const diagnostic& d = sorted[i];
        const position place = text.at(d.where.begin);
        out += text.name() + ':' + std::to_string(place.line) + ':' + std::to_string(place.column) + ": ";
        out += d.severity == severity::error ? "error[" : "warning[";
        out += d.code + "]: " + d.message + '\n';
        const auto size = static_cast<std::uint32_t>(text.text().size());
        append_excerpt(out, text, {std::min(d.where.begin, size), std::min(d.where.end, size)}, place);
        if (!d.help.empty())
            out.append(2 + std::to_string(place.line).size(), ' ').append(" = help: ").append(d.help).append("\n");
    }
    if (shown < sorted.size()) {
        const std::size_t rest = sorted.size() - shown;
        const auto errors = static_cast<std::size_t>(
            std::count_if(sorted.begin() + static_cast<std::ptrdiff_t>(shown), sorted.end(),
                          [](const diagnostic& d) { return d.severity == severity::error; }));
        out += "and " + std::to_string(rest) + " more (" + std::to_string(errors) +
               (errors == 1 ? " error, " : " errors, ") + std::to_string(rest - errors) +
               (rest - errors == 1 ? " warning)\n" : " warnings)\n");
    }
    return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t longest = 64;  // a slip is made in a word, not in a paragraph
    if (word.empty() || word.size() > longest) return {};
    const std::string wanted = folded(word);
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 4) + 1;
    if (word.size() <= 2) best_distance = 1;
    std::string_view best;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edits(wanted, folded(candidate), best_distance);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string in_backticks(std::string_view input) {
    constexpr std::size_t longest = 60;
    std::string out = "`";
    std::size_t shown = 0;
    for (std::size_t at = 0; at < input.size(); ++shown) {
        if (shown == longest) {
            out += "…";
            break;
        }
        const character c = decode(input.substr(at));
        if (c.code == '\n') {
            out += "⏎";
        } else if (!c.valid || is_control(c.code) || turns_direction(c.code)) {
            out += replacement_character;
        } else {
            out += input.substr(at, c.length);
        }
        at += c.length;
    }
    return out + '`';
}

}  // namespace latchkey::pipelines
