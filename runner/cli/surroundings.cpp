// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/surroundings.hpp"

#include "runner/cli/environment.hpp"
#include "runner/exec/choice.hpp"
#include "runner/exec/container.hpp"
#include "runner/exec/orphans.hpp"

namespace latchkey::cli {

run::surroundings make_surroundings(store::store& store, run::access::unlock unlock, run::wall_clock clock,
                                    const std::filesystem::path& data) {
    return {
        store,
        std::move(unlock),
        std::move(clock),
        [shown = sandbox_options_of(data)](boost::asio::any_io_executor ex, const std::string& wanted) {
            return exec::make_choosing_backend(std::move(ex), {wanted, exec::executor_mark(), shown});
        },
        []() -> result<void> {
            auto found = exec::find_engine_now();
            if (!found) return found.error();
            return {};
        },
        data,
        base_environment(),
        std::chrono::seconds(10),
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "latchkey-native").string(),
        exec::executor_mark(),
        [](const std::string& mark) {
            exec::kill_left_by(mark);
            return exec::remove_left_by_now(mark);
        },
        own_types_folder(),
    };
}

}  // namespace latchkey::cli
