#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What takes longer than every day allows: 200 rounds of kill -9 in the middle of runs and grants, a million random policy worlds
# with sanitizers, the page's memory over ten minutes of a streaming log, the Debian package on a bare Debian, and each fuzz target
# for a while.
#   tests/slow.sh [SECONDS]     how long each fuzz target runs (default 60)
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}

.ci/install test
cmake --preset dev >/dev/null
cmake --build --preset dev
# Not through CTest, whose limits are those of every day.
for program in policy/test_policy runner/store/test_store_crash runner/run/test_run_crash runner/cli/test_cli_crash; do
    echo "== $program"
    LATCHKEY_CRASH_ROUNDS=200 LATCHKEY_WORLDS=1000000 build/dev/tests/"$program"
done

echo "== kill -9 while logs move to a bucket"
LATCHKEY_CRASH_ROUNDS=50 build/dev/tests/runner/cli/test_cli_objects -tc='killed*'

echo "== the Debian package and the container image"
tests/package.sh

echo "== test_server over PostgreSQL"
LATCHKEY_TEST_STORE=postgresql build/dev/tests/runner/server/test_server --test-suite-exclude=server.remembered,server.retention

echo "== the page: memory while a log streams for ten minutes"
LATCHKEY_BIN=$PWD/build/dev/runner/latchkey ASAN_OPTIONS=detect_leaks=0 node tests/runner/web/measure.mjs memory

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
for corpus in tests/fuzz/corpus/*/; do
    name=$(basename "$corpus")
    found=$(mktemp -d)
    # New inputs go to a folder of their own: the corpus in git stays small and hand-picked.
    build/fuzz/fuzz/fuzz_"$name" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$found/" "$found" "$corpus" 2>"$found/log" ||
        { tail -n 40 "$found/log" >&2; echo "fuzz_$name: a finding, kept in $found" >&2; exit 1; }
    grep -E 'number_of_executed_units' "$found/log" | sed "s/^/fuzz_$name: /"
    rm -rf "$found"
done
