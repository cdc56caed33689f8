#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the tests of what runs in several threads with the thread sanitizer and runs them.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(test_async test_exec test_log test_store test_run test_cli_e2e)
.ci/install test
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target "${targets[@]}"
ctest --preset tsan -R "^($(IFS='|'; echo "${targets[*]}"))\$" --no-tests=error
