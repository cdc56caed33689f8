#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package and the container image of it, checks them, and uses them on a bare Debian: installed,
# serving, upgraded, removed, purged. As root; about three minutes besides the release build.
#   tests/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "package.sh: needs root: it makes a Debian in a folder" >&2; exit 1; }

step() { printf '== %s\n' "$1"; }
fail() { echo "package.sh: $1" >&2; exit 1; }
# `contains TEXT PART`
contains() { [[ "$1" == *"$2"* ]] || fail "\"$2\" is not in: $1"; }

.ci/install test
step "build"
cmake --preset release >/dev/null
cmake --build --preset release --target latchkey latchkey-native package_files
(cd build/release && rm -f latchkey_*.deb && cpack >/dev/null)
deb=$(echo "$PWD"/build/release/latchkey_*.deb)
ls -l "$deb" | awk '{ print $5 " bytes" }'

step "lint"
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$deb"
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
dpkg-deb -x "$deb" "$pages"
gunzip "$pages"/usr/share/man/man1/*.gz
# What is said of pages that are not in this system's own manual is no fault of ours.
mandoc -Tlint -Wwarning "$pages"/usr/share/man/man1/*.1
for page in "$pages"/usr/share/man/man1/*.1; do
    said=$(groff -K utf8 -Tutf8 -mandoc -ww "$page" 2>&1 >/dev/null)
    [ -z "$said" ] || fail "groff says of $page: $said"
done
ls "$pages"/usr/share/man/man1 | wc -l | sed 's/$/ manual pages/'
bash -n "$pages/usr/share/bash-completion/completions/latchkey"
# The program itself needs the C library and nothing else; what else there is of libraries is linked into it or loaded when it is used.
needed=$(objdump -p "$pages/usr/lib/latchkey/latchkey" | awk '/NEEDED/ { print $2 }' | sort | paste -sd' ')
[ "$needed" = "ld-linux-x86-64.so.2 libc.so.6 libm.so.6" ] || fail "latchkey needs other libraries: $needed"

step "a bare Debian"
root=$(mktemp -d /tmp/latchkey-package.XXXXXX)
serving=
clean_up() {
    [ -z "$serving" ] || kill "$serving" 2>/dev/null || true
    podman rm -f latchkey-test >/dev/null 2>&1 || true
    podman rmi -f localhost/latchkey-test:1 localhost/latchkey-bare:1 >/dev/null 2>&1 || true
    umount "$root/proc" 2>/dev/null || true
    rm -rf "$root" "$pages"
}
trap clean_up EXIT
depends=$(dpkg-deb -f "$deb" Depends | sed 's/([^)]*)//g; s/ //g')
# Only what it depends on, from where this system's packages come.
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null >"$pages/sources.list" || true
sources=("$pages/sources.list")
for file in /etc/apt/sources.list.d/*.sources; do [ ! -e "$file" ] || sources+=("$file"); done
mmdebstrap --quiet --variant=apt --include="$depends" bookworm "$root" "${sources[@]}"
[ -z "$(chroot "$root" dpkg-query -W -f '${Package}\n' | grep -- '-dev$')" ] || fail "there are -dev packages in what it depends on"
tar -C "$root" -c . | podman import --quiet - localhost/latchkey-bare:1 >/dev/null
mount -t proc proc "$root/proc"
in_it() { chroot "$root" "$@"; }
as_user() { chroot --userspec=latchkey:latchkey "$root" env HOME=/var/lib/latchkey "$@"; }

step "install"
cp "$deb" "$root/latchkey.deb"
in_it dpkg -i /latchkey.deb >/dev/null
contains "$(in_it latchkey --version)" "latchkey $(dpkg-deb -f "$deb" Version | sed 's/-.*//')"
[ "$(in_it stat -c '%a %U' /var/lib/latchkey)" = "700 latchkey" ] || fail "the data folder is not its user's alone"
[ "$(in_it stat -c '%a %U' /var/lib/latchkey-agent)" = "700 latchkey-agent" ] || fail "the agent's folder is not its user's alone"
[ "$(in_it stat -c '%a %U:%G' /etc/latchkey/server.toml)" = "640 root:latchkey" ] || fail "others can read the server's settings"
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/latchkey.service" ] || fail "the server was enabled without having been asked for"
contains "$(as_user latchkey doctor 2>&1 || true)" "store"
contains "$(in_it /usr/lib/latchkey/latchkey-native 2>&1 || true)" "is run by Latchkey itself"

step "serve"
mkdir "$root/hand" && chmod 777 "$root/hand"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
chroot --userspec=latchkey:latchkey "$root" env HOME=/var/lib/latchkey latchkey server --data /var/lib/latchkey --listen "127.0.0.1:$port" \
    --init-owner ana@acme.test --init-workspace acme --token-file /hand/token >"$root/hand/log" 2>&1 &
serving=$!
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/latchkey/v1/ready" >/dev/null && break; kill -0 "$serving" || break; sleep 0.1; done
contains "$(curl -sS -H "Authorization: Bearer $(cat "$root/hand/token")" "http://127.0.0.1:$port/workspaces/acme")" '"domain":"acme"'
api=(curl -sS -H "Authorization: Bearer $(cat "$root/hand/token")" -H 'Content-Type: application/json')
"${api[@]}" "http://127.0.0.1:$port/workspaces/acme/projects" -d '{"display_name":"Web"}' >/dev/null
made=$("${api[@]}" "http://127.0.0.1:$port/workspaces/acme/projects/web/pipelines" -d '{"name":"hello","yaml":"- pipeline: hello\n  actions:\n    - {action: Say, type: BUILD, execute_commands: [echo hello]}\n"}')
id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' <<<"$made")
"${api[@]}" "http://127.0.0.1:$port/workspaces/acme/projects/web/pipelines/$id/executions" -d '{}' >/dev/null
# The stream of its events ends with the run.
contains "$("${api[@]}" "http://127.0.0.1:$port/latchkey/v1/workspaces/acme/projects/web/pipelines/$id/executions/1/events")" '"SUCCESSFUL"'
kill "$serving"; wait "$serving"
serving=

step "upgrade, remove, purge"
echo '# mine' >>"$root/etc/latchkey/server.toml"
in_it dpkg -i /latchkey.deb >/dev/null
grep -q '# mine' "$root/etc/latchkey/server.toml" || fail "an upgrade has replaced settings"
[ -e "$root/var/lib/latchkey/latchkey.db" ] || fail "an upgrade has lost the store"
in_it dpkg -r latchkey >/dev/null
[ ! -e "$root/usr/bin/latchkey" ] && [ ! -e "$root/usr/lib/latchkey" ] || fail "removed, programs are left"
grep -q '# mine' "$root/etc/latchkey/server.toml" || fail "removed, the settings are gone"
contains "$(in_it dpkg -P latchkey 2>&1)" "/var/lib/latchkey holds data and is kept"
[ ! -e "$root/etc/latchkey" ] || fail "purged, settings are left"
[ -e "$root/var/lib/latchkey/master.key" ] || fail "a purge has removed the master key"
[ ! -e "$root/var/lib/latchkey-agent" ] || fail "purged, an empty folder is left"
in_it getent passwd latchkey-agent >/dev/null && fail "purged, the agent's user is left"
# Installed again, it finds what it had.
in_it dpkg -i /latchkey.deb >/dev/null
[ "$(in_it stat -c '%a %U' /var/lib/latchkey/master.key)" = "600 latchkey" ] || fail "the data is not its user's any more"

step "a container image"
mkdir -p "$pages/built/src/build/release"
cp "$deb" "$pages/built/src/build/release/"
# The stage that builds the package is what was built above.
podman build --quiet --network host --format docker --build-arg BASE=localhost/latchkey-bare:1 --build-context "build=$pages/built" \
    -t localhost/latchkey-test:1 -f examples/container/Containerfile examples >/dev/null
# Podman would raise the limits to what not every machine lets it, and have systemd look after the container's health.
limits=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
contains "$(podman run --rm --no-healthcheck "${limits[@]}" --network none localhost/latchkey-test:1 --version)" latchkey
[ "$(podman run --rm --no-healthcheck "${limits[@]}" --network none --entrypoint id localhost/latchkey-test:1 -un)" = latchkey ] || fail "the image runs as another user"
podman run -d --health-interval disable "${limits[@]}" --name latchkey-test --network none localhost/latchkey-test:1 >/dev/null
for _ in $(seq 100); do podman healthcheck run latchkey-test >/dev/null 2>&1 && break; sleep 0.1; done
podman healthcheck run latchkey-test || fail "the container is not healthy: $(podman logs latchkey-test 2>&1)"
contains "$(podman logs latchkey-test 2>&1)" "it has no owner yet"
podman stop -t 15 latchkey-test >/dev/null
contains "$(podman logs latchkey-test 2>&1)" "latchkey has ended"
[ "$(podman inspect -f '{{.State.ExitCode}}' latchkey-test)" = 0 ] || fail "told to end, the container fails"

step "done"
