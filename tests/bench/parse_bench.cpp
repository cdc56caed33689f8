// SPDX-License-Identifier: Apache-2.0
// Text to model, beside what yaml-cpp's event parser alone takes for the same text. Best of several rounds, the
// two taking turns, so that a busy machine is fair to both.
#include "pipelines/parse.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace {

using namespace latchkey::pipelines;
using seconds = std::chrono::duration<double>;

class no_handler : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

// What files look like that a person or a graphical editor writes, as often as it takes.
std::string pipelines_of(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) {
        const std::string n = std::to_string(i);
        text += "- pipeline: \"Build and test " + n +
                "\"\n  on: \"EVENT\"\n  events:\n  - type: \"PUSH\"\n    refs:\n    - \"refs/heads/main\"\n"
                "  priority: \"NORMAL\"\n  fail_on_prepare_env_warning: true\n  variables:\n  - key: \"STAGE_" +
                n + "\"\n    value: production\n  actions:\n";
        for (int a = 0; a < 4; ++a) {
            text += "  - action: \"Execute: npm test " + std::to_string(a) +
                    "\"\n    type: \"BUILD\"\n    working_directory: \"/buddy/application\"\n"
                    "    docker_image_name: \"library/node\"\n    docker_image_tag: 22\n    execute_commands:\n    - "
                    "\"npm ci\"\n"
                    "    - npm run build -- --mode production\n    - \"npm test\"\n    setup_commands:\n    - "
                    "\"apt-get update && apt-get install -y git\"\n"
                    "    volume_mappings:\n    - \"/:/buddy/application\"\n    cache_base_image: true\n    shell: "
                    "\"BASH\"\n";
        }
        text +=
            "  - action: Tell\n    type: \"SLACK\"\n    trigger_time: \"ON_FAILURE\"\n    integration: slack_prod\n  "
            "  channel: general\n"
            "    content: \"[#$BUDDY_EXECUTION_ID] $BUDDY_PIPELINE_NAME execution by $BUDDY_INVOKER_NAME has "
            "failed.\"\n";
    }
    return text;
}

template <typename Work>
double timed(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return seconds(std::chrono::steady_clock::now() - start).count();
}

void measure(std::size_t bytes, int rounds) {
    const std::string text = pipelines_of(bytes);
    const double megabytes = static_cast<double>(text.size()) / 1e6;
    double bare = 1e9;
    double tree = 1e9;
    double model = 1e9;
    for (int i = 0; i < rounds; ++i) {
        bare = std::min(bare, timed([&] {
                            std::istringstream stream(text);
                            YAML::Parser parser(stream);
                            no_handler handler;
                            parser.HandleNextDocument(handler);
                        }));
        const source file("bench.yml", text);
        tree = std::min(tree, timed([&] {
                            diagnostics problems;
                            if (!yaml::read(file, problems)) std::abort();
                        }));
        model = std::min(model, timed([&] {
                             if (has_errors(parse(file).problems)) std::abort();
                         }));
    }
    std::printf(
        "parse %5.2f MB: model %6.1f MB/s, tree %6.1f MB/s, yaml-cpp events alone %6.1f MB/s, model takes %.2f x the "
        "time of the events\n",
        megabytes, megabytes / model, megabytes / tree, megabytes / bare, model / bare);
}

}  // namespace

int main() {
    measure(4'000, 500);
    measure(1'000'000, 9);
    measure(10'000'000, 2);
}
