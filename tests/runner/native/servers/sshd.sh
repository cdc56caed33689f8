#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An SSH server on 127.0.0.1 with keys of its own: sshd.sh FOLDER. Who has FOLDER/key logs in as the user who started it.
# What it is asked for by SFTP without a slash at its beginning is below FOLDER/home; a second argument is a program to be asked instead.
# Writes its port to FOLDER/port.
set -euo pipefail
folder=$1
ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
cp "$folder/key.pub" "$folder/authorized"
mkdir -p /run/sshd "$folder/home"
# There is no port 0 for sshd: the kernel names one that is free now.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/config" <<END
ListenAddress 127.0.0.1:$port
HostKey $folder/host
AuthorizedKeysFile $folder/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp ${2:-internal-sftp -d $folder/home}
END
echo "$port" >"$folder/port.new"
mv "$folder/port.new" "$folder/port"
exec /usr/sbin/sshd -D -e -f "$folder/config"
