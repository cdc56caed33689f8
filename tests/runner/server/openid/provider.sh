#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A certified implementation of OpenID Connect (npm's oidc-provider) on a free port of 127.0.0.1: provider.sh FOLDER. Installs it beside this
# file when it is not there; where that can't be done it fails, and with it the test: nothing stands in for it.
set -euo pipefail
cd "$(dirname "$0")"
(
    flock 9
    [ -e node_modules/oidc-provider/package.json ] || npm ci --ignore-scripts --no-audit --no-fund 2>&1 ||
        { echo "oidc-provider could not be installed from npm's registry: signing in with a real provider is NOT tested"; exit 1; }
) 9>"$1/../latchkey-oidc-provider.lock"
exec node provider.mjs "$1"
