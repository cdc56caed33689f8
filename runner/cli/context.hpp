// SPDX-License-Identifier: Apache-2.0
//
// What every command works with: where it prints, whether a person sits there, and the local store, vault and
// project, each opened when first asked for. Made once by main; one thread.
#pragma once

#include "pipelines/characters.hpp"
#include "runner/error.hpp"
#include "runner/run/service.hpp"
#include "runner/store/store.hpp"
#include "runner/vault/vault.hpp"

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::cli {

// Exit codes (design §4).
enum exit_code : int {
    exit_success = 0,
    exit_run_failed = 1,
    exit_usage = 2,
    exit_invalid = 3,
    exit_missing_permissions = 4,
    exit_infrastructure = 5,
    exit_cancelled = 130,
};

class context {
public:
    context(std::istream& in, std::ostream& out, std::ostream& err, bool interactive, bool colour);
    ~context();

    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    const bool interactive;  // a person reads and can answer
    const bool colour;

    // $XDG_DATA_HOME/latchkey, else ~/.local/share/latchkey.
    result<std::filesystem::path> data_folder();
    result<store::store*> store();
    // Makes the master key and the first data key when there are none.
    result<const vault::vault*> vault();
    // The project of the current folder: the repository's root, else the folder itself.
    result<store::project_record> project();
    std::filesystem::path project_root();
    result<store::user_record> user();
    // Forgets the runs whose executor died, once.
    result<run::service*> service();
    policy::time_point now() const;

    // Prints `latchkey: …` and gives the exit code for the kind of failure.
    int fail(const failure&);
    int usage(const std::string& what);

    std::string bold(std::string_view) const;
    std::string dim(std::string_view) const;
    std::string red(std::string_view) const;
    std::string green(std::string_view) const;

private:
    std::string in_style(std::string_view text, const char* code) const;
    struct opened;
    std::unique_ptr<opened> opened_;
};

// Text from files and people, made harmless for a terminal (pipelines/characters.hpp).
using pipelines::plain;
using pipelines::plain_lines;

// Columns, each as wide as its widest cell; the last is not padded.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view indent = "");

// "0.3 s", "2 min 5 s"
std::string duration_text(std::chrono::milliseconds);

}  // namespace latchkey::cli
