#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The policy against its spec in a million random worlds, and how much of it its tests reach: every branch, or exit code 1.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/install test
cmake -B build/coverage -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug -DLATCHKEY_BENCH=OFF \
    -DCMAKE_CXX_FLAGS="-O1 -fprofile-instr-generate -fcoverage-mapping" -DCMAKE_CXX_FLAGS_DEBUG=-g1 >/dev/null
cmake --build build/coverage --target test_policy
LATCHKEY_WORLDS=${LATCHKEY_WORLDS:-1000000} LLVM_PROFILE_FILE=build/coverage/policy.profraw build/coverage/tests/policy/test_policy
llvm-profdata-19 merge -sparse build/coverage/policy.profraw -o build/coverage/policy.profdata
# Sources only: in headers the compiler counts the comparisons that it writes itself.
mapfile -t sources < <(git ls-files 'policy/*.cpp')
llvm-cov-19 report build/coverage/tests/policy/test_policy -instr-profile=build/coverage/policy.profdata "${sources[@]}"
missed=$(llvm-cov-19 export -summary-only build/coverage/tests/policy/test_policy -instr-profile=build/coverage/policy.profdata "${sources[@]}" |
    python3 -c 'import json,sys; b=json.load(sys.stdin)["data"][0]["totals"]["branches"]; print(b["count"] - b["covered"])')
echo "$missed branches of the policy are reached by no test"
[ "$missed" = 0 ]
