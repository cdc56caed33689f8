#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds with the address and undefined sanitizers, and runs all tests.
#   tests/run.sh            everything
#   tests/run.sh -L unit    only tests of that label; any option of ctest
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/install test
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev -j2 "$@"
