// SPDX-License-Identifier: Apache-2.0
#include "tests/support/metrics_text.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

namespace latchkey::test {

namespace {

struct sample {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    std::string key;  // as it stands, without the value

    std::optional<std::string> label(std::string_view wanted) const {
        for (const auto& [key_of, text] : labels)
            if (key_of == wanted) return text;
        return std::nullopt;
    }
    // Which histogram it is of.
    std::string others() const {
        std::string all;
        for (const auto& [key_of, text] : labels)
            if (key_of != "le") all += key_of + "=" + text + "\n";
        return all;
    }
};

double number_in(std::string_view text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        throw std::runtime_error("no number: " + std::string(text));
    return value;
}

bool is_name(std::string_view text, bool colons) {
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c == ':' && colons) ||
              (c >= '0' && c <= '9' && &c != text.data())))
            return false;
    return !text.empty();
}

sample sample_in(std::string_view line) {
    sample s;
    std::size_t at = line.find_first_of("{ ");
    if (at == std::string_view::npos) throw std::runtime_error("no sample");
    s.name = line.substr(0, at);
    if (!is_name(s.name, true)) throw std::runtime_error("no name");
    if (line[at] == '{') {
        ++at;
        while (line.at(at) != '}') {
            const std::size_t equals = line.find('=', at);
            if (equals == std::string_view::npos || line.at(equals + 1) != '"') throw std::runtime_error("no label");
            const std::string name(line.substr(at, equals - at));
            if (!is_name(name, false) || s.label(name)) throw std::runtime_error("no label's name, or twice");
            std::string value;
            for (at = equals + 2; line.at(at) != '"'; ++at) {
                if (line[at] == '\\') {
                    ++at;
                    const char c = line.at(at);
                    if (c != '\\' && c != '"' && c != 'n') throw std::runtime_error("no escape");
                    value += c == 'n' ? '\n' : c;
                } else {
                    value += line[at];
                }
            }
            s.labels.emplace_back(name, value);
            ++at;
            if (line.at(at) == ',')
                ++at;
            else if (line.at(at) != '}')
                throw std::runtime_error("labels do not end");
        }
        ++at;
    }
    s.key = line.substr(0, at);
    if (line.at(at) != ' ') throw std::runtime_error("no blank before the value");
    s.value = number_in(line.substr(at + 1));
    return s;
}

struct family {
    std::string name;
    std::string type;
    bool has_help = false;
    std::map<std::string, std::vector<sample>> histograms;
};

void check(const family& f, const sample& s) {
    const auto ends = [&](std::string_view end) { return s.name == f.name + std::string(end); };
    const bool named = f.type == "histogram" ? ends("_bucket") || ends("_sum") || ends("_count") : s.name == f.name;
    if (!named) throw std::runtime_error("a sample of another family");
    if (f.type == "counter" && (!s.name.ends_with("_total") || s.value < 0))
        throw std::runtime_error("a counter that ends not in _total, or is negative");
    if (ends("_bucket") != s.label("le").has_value()) throw std::runtime_error("le belongs to buckets");
}

void check(const family& f) {
    for (const auto& [labels, samples] : f.histograms) {
        if (samples.size() < 3) throw std::runtime_error("a histogram without its parts: " + f.name);
        double bound = -std::numeric_limits<double>::infinity();
        double count = 0;
        for (std::size_t i = 0; i + 2 < samples.size(); ++i) {
            const double next = number_in(samples[i].label("le").value());
            if (next <= bound || samples[i].value < count) throw std::runtime_error("buckets fall: " + f.name);
            bound = next;
            count = samples[i].value;
        }
        const sample& sum = samples[samples.size() - 2];
        const sample& all = samples.back();
        if (bound != std::numeric_limits<double>::infinity() || sum.name != f.name + "_sum" ||
            all.name != f.name + "_count" || all.value != count)
            throw std::runtime_error("a histogram's end is wrong: " + f.name);
    }
}

}  // namespace

std::map<std::string, double> read_metrics(std::string_view text) {
    std::map<std::string, double> found;
    std::set<std::string> families;
    family now;
    if (!text.empty() && !text.ends_with('\n')) throw std::runtime_error("the last line has no end");
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        try {
            if (line.starts_with("# HELP ")) {
                check(now);
                const std::string_view rest = line.substr(7);
                now = {std::string(rest.substr(0, rest.find(' '))), "", true, {}};
                if (!is_name(now.name, true) || !families.insert(now.name).second)
                    throw std::runtime_error("a family's name is wrong, or there twice");
            } else if (line.starts_with("# TYPE ")) {
                const std::string_view rest = line.substr(7);
                if (!now.has_help || !now.type.empty() || rest.substr(0, rest.find(' ')) != now.name)
                    throw std::runtime_error("TYPE stands once, after HELP");
                now.type = rest.substr(rest.find(' ') + 1);
                if (now.type != "counter" && now.type != "gauge" && now.type != "histogram")
                    throw std::runtime_error("no type");
            } else {
                sample s = sample_in(line);
                if (now.type.empty()) throw std::runtime_error("a sample before its TYPE");
                check(now, s);
                if (!found.emplace(s.key, s.value).second) throw std::runtime_error("there twice");
                if (now.type == "histogram") now.histograms[s.others()].push_back(std::move(s));
            }
        } catch (const std::exception& e) {
            throw std::runtime_error(std::string(e.what()) + ": " + std::string(line));
        }
    }
    check(now);
    return found;
}

}  // namespace latchkey::test
