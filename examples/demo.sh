#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole story in a few minutes on a fresh Debian 12: installs what is missing, builds Latchkey, and plays a run, a
# denial, the explanation, the grant, the retry, a revoke and the audit. Everything happens in a folder of its own, which is gone
# afterwards; nothing of yours is touched. The script checks every step: it ends with 0 only if all went as told.
set -euo pipefail
cd "$(dirname "$0")/.."
source_root=$PWD

.ci/install build
echo "Building Latchkey (Release)…"
cmake --preset release >/dev/null
cmake --build --preset release --target latchkey >build/release/build.log 2>&1 || { cat build/release/build.log >&2; exit 1; }
PATH=${LATCHKEY_BIN:-$source_root/build/release/runner}:$PATH

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
export XDG_DATA_HOME=$stage/data HOME=$stage
cp -r examples/deploy "$stage/shop"
cd "$stage/shop"
git init -q -b main . && git add . && git -c user.name=Ana -c user.email=ana@acme.test commit -qm "The shop's pipeline"

tell() { printf '\n\033[1m%s\033[0m\n' "$*"; }
wrong() { echo "the demo went wrong: $*" >&2; exit 1; }

# play EXPECTED-EXIT-CODE COMMAND…: shows the command, runs it, and stops the demo if it ends otherwise.
play() {
    local expected=$1 code=0
    shift
    printf '\033[2m$ %s\033[0m\n' "$*"
    "$@" >"$stage/out" 2>&1 || code=$?
    sed 's/^/    /' "$stage/out"
    [ "$code" = "$expected" ] || wrong "'$*' ended with $code, not $expected"
}
saw() { grep -qF -- "$1" "$stage/out" || wrong "the output does not say: $1"; }
hidden() { ! grep -qF -- "$1" "$stage/out" || wrong "the output shows what it must not: $1"; }

token=ghp_$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')

tell "1. A pipeline of two actions: the first builds a page, the second publishes it with a credential."
play 0 cat buddy.yml
play 0 latchkey validate
saw "no problem"

tell "2. The credential becomes an integration. The token comes from standard input, never from the command line."
printf '%s' "$token" >"$stage/token"
printf '\033[2m$ latchkey integration add "GitHub releases" --type GIT_HUB --identifier github_releases --field token=-  < token\033[0m\n'
latchkey integration add "GitHub releases" --type GIT_HUB --identifier github_releases --field token=- <"$stage/token" >"$stage/out" 2>&1 ||
    { cat "$stage/out"; wrong "the integration was not added"; }
sed 's/^/    /' "$stage/out"
hidden "$token"

tell "3. No pipeline has been allowed to use it yet. The run stops before anything starts."
play 4 latchkey run deploy
saw "Missing permissions to the following integration: GitHub releases (github_releases)"
[ ! -e public ] || wrong "an action ran although the run was denied"

tell "4. Why? Every rule that was considered."
play 0 latchkey why deploy github_releases
saw "not"

tell "5. Grant the permission and retry, in one action. Same file, same commit, a new attempt."
play 0 latchkey retry 1 --grant
[ -e public/index.html ] || wrong "the retried run did not build the page"

tell "6. The log: the action saw its token, and the log has it masked, in base64 too. The other action had none."
play 0 latchkey logs 1
saw "a token here? no"
saw "***"
hidden "$token"
hidden "$(printf %s "$token" | base64 -w0 | cut -c1-24)"

tell "7. Revoked: the next run is denied again."
play 0 latchkey revoke github_releases --pipeline deploy
play 4 latchkey run deploy

tell "8. Every decision, grant and use is in an append-only chain; one command proves that nobody touched it."
play 0 latchkey audit tail
play 0 latchkey audit verify

tell "9. And the token is nowhere on disk in the clear."
if grep -rqF "$token" "$XDG_DATA_HOME"; then wrong "the token is in the data folder"; fi
echo "    grep -r over $XDG_DATA_HOME: nothing"

tell "That is Latchkey: a run, a denial that says what to do, one action to fix it, and a record of all of it."
