#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Release and prints the table of measurements. Ratios are measured side by side, A B A B …; nothing is judged
# and nothing is written to the project.
#   tests/bench/run.sh            the whole table (minutes)
#   tests/bench/run.sh --short    fewer rounds and smaller inputs: shows that everything still runs
set -euo pipefail
cd "$(dirname "$0")/../.."

.ci/install test
cmake --preset release >/dev/null
cmake --build --preset release
exec python3 tests/bench/whole.py --build build/release "$@"
