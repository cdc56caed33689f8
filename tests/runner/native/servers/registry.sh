#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A registry of images on 127.0.0.1 that asks for ana's password "pass word": registry.sh FOLDER. Writes its port to
# FOLDER/port.
set -euo pipefail
folder=$1
htpasswd -Bbn ana "pass word" >"$folder/users"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/registry.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $folder/images}}
http: {addr: "127.0.0.1:$port"}
auth: {htpasswd: {realm: test, path: $folder/users}}
YAML
echo "$port" >"$folder/port"
exec docker-registry serve "$folder/registry.yml"
