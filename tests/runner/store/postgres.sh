#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL server of a test's own, on a free port of 127.0.0.1 that FOLDER/port says; ended with this process.
# It lies in memory where it can: what it holds is gone with it. Usage: postgres.sh FOLDER
set -euo pipefail
folder=$1
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
[ -x "$programs/postgres" ] || { echo "no PostgreSQL here: run .ci/install test" >&2; exit 1; }
as=()
place=$folder
if [ "$(id -u)" = 0 ]; then
    # It refuses to run as root; its own user can't enter the test's folder.
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig KILL)
    place=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)" latchkey-postgres.XXXXXX)
    chown postgres: "$place"
fi
# Whoever ends this kills the whole group, this too: what removes the folder is in another one.
setsid bash -c "while kill -0 $$ 2>/dev/null; do sleep 0.5; done; sleep 1; rm -rf '$place/data' '$place'" >/dev/null 2>&1 &
"${as[@]}" "$programs/initdb" -D "$place/data" -U latchkey -A trust -E UTF8 --no-locale --no-sync >"$folder/initdb.log"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(
    for _ in $(seq 500); do
        "$programs/pg_isready" -q -h 127.0.0.1 -p "$port" && { echo "$port" >"$folder/port.new"; mv "$folder/port.new" "$folder/port"; exit; }
        sleep 0.02
    done
) &
exec "${as[@]}" "$programs/postgres" -D "$place/data" -k "" -h 127.0.0.1 -p "$port" -c fsync=off -c max_connections=200 -c dynamic_shared_memory_type=mmap
