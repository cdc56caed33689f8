#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An SSH server on 127.0.0.1 whose SFTP lies: hostile_sftp.sh FOLDER. See sshd.sh and hostile_sftp.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/sshd.sh" "$1" "/usr/bin/python3 $here/hostile_sftp.py $1"
