#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh NODE LATCHKEY units|browser [FILE…]: what CTest starts.
set -euo pipefail
cd "$(dirname "$0")/../../.."
node=$1
export LATCHKEY_BIN=$2
what=$3
shift 3
for folder in runner/web tests/runner/web; do
    cmp -s $folder/package-lock.json $folder/node_modules/.installed && continue
    echo "the packages of $folder are not those of its package-lock.json: run .ci/install test" >&2
    exit 1
done
if [ "$what" = units ]; then
    cd runner/web
    "$node" node_modules/typescript/bin/tsc
    exec "$node" scripts/test.mjs
fi
# Programs of others are not built with this build's sanitizers.
unset LD_PRELOAD
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(tests/runner/web/*.test.mjs)
exec "$node" --test --test-concurrency=2 "${files[@]}"
