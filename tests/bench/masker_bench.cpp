// SPDX-License-Identifier: Apache-2.0
//
// How fast the masker lets output through: GB/s on ordinary log text, by the number of secrets (with all their
// forms).
#include "runner/log/masker.hpp"
#include "runner/log/needles.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string log_text(std::size_t bytes) {
    std::string text;
    for (unsigned i = 0; text.size() < bytes; ++i)
        text += "2026-11-23T10:" + std::to_string(i % 60) + ":07Z INFO  worker-" + std::to_string(i % 7) + " step " +
                std::to_string(i) + " compiled src/module_" + std::to_string(i % 97) + ".cpp in " +
                std::to_string(i % 1000) + " ms\n";
    return text;
}

std::vector<std::string> secrets(int count) {
    std::vector<std::string> all;
    std::uint64_t x = 88172645463325252ULL;
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/+";
    for (int i = 0; i < count; ++i) {
        std::string s;
        for (int k = 0; k < 12 + i % 29; ++k) {
            x ^= x << 13U;
            x ^= x >> 7U;
            x ^= x << 17U;
            s.push_back(letters[x % letters.size()]);
        }
        all.push_back(s);
    }
    return all;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
    const std::string text = log_text(64UL << 20U);
    for (const int count : {0, 1, 10, 50, 200}) {
        const std::vector<std::string> all = secrets(count);
        const std::vector<std::string_view> views(all.begin(), all.end());
        std::size_t needles = 0;
        for (const std::string& s : all) needles += latchkey::log::needles_of(s).size();
        const auto building = std::chrono::steady_clock::now();
        auto masker = latchkey::log::masker::build(views, nullptr);
        if (!masker) return EXIT_FAILURE;
        const double built = seconds_since(building);
        double best = 1e9;
        std::size_t passed = 0;
        for (int round = 0; round < 5; ++round) {
            latchkey::log::masker_stream stream(*masker);
            passed = 0;
            const auto start = std::chrono::steady_clock::now();
            for (std::size_t at = 0; at < text.size(); at += 65536)
                passed += stream.feed(std::string_view(text).substr(at, 65536)).view().size();
            passed += stream.finish().view().size();
            best = std::min(best, seconds_since(start));
        }
        std::printf("  %3d secrets, %4zu needles: %7.2f GB/s, compiled in %6.2f ms (%zu bytes passed)\n", count,
                    needles, static_cast<double>(text.size()) / best / 1e9, built * 1000, passed);
    }
    return EXIT_SUCCESS;
}
