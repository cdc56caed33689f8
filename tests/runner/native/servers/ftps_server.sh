#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An FTP server on 127.0.0.1 that demands TLS for both connections: ftps_server.sh FOLDER. The user ana with the password
# "pass word" owns FOLDER/files. Its certificate, for 127.0.0.1, is FOLDER/certificate. Writes its port to FOLDER/port.
set -euo pipefail
folder=$1
mkdir "$folder/files"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout "$folder/key" \
    -out "$folder/certificate" -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'ana:%s:%s:%s::%s:/bin/sh\n' "$(openssl passwd -6 'pass word')" "$(id -u)" "$(id -g)" "$folder/files" >"$folder/users"
printf 'all:x:%s:ana\n' "$(id -g)" >"$folder/groups"
chmod 600 "$folder/users" "$folder/groups" "$folder/key"
cat >"$folder/config" <<END
ServerName test
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
Port $port
User $(id -un)
Group $(id -gn)
PidFile $folder/pid
ScoreboardFile none
WtmpLog off
UseIPv6 off
UseReverseDNS off
RootLogin on
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile $folder/users
AuthGroupFile $folder/groups
DefaultRoot ~
AllowOverwrite on
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSProtocol TLSv1.2 TLSv1.3
TLSECCertificateFile $folder/certificate
TLSECCertificateKeyFile $folder/key
TLSLog $folder/tls.log
SystemLog $folder/system
END
echo "$port" >"$folder/port.new"
mv "$folder/port.new" "$folder/port"
exec /usr/sbin/proftpd --nodaemon --config "$folder/config"
