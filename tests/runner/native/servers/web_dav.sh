#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A WebDAV server (nginx) on 127.0.0.1 that asks for ana's password "pass word 0123": web_dav.sh FOLDER. It keeps files in
# FOLDER/files. Writes its port to FOLDER/port.
set -euo pipefail
folder=$1
mkdir -p "$folder/files" "$folder/tmp"
printf 'ana:%s\n' "$(openssl passwd -apr1 'pass word 0123')" >"$folder/users"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# As root its workers would be another user, who may not look into the folder.
user=""
[ "$(id -u)" != 0 ] || user="user root;"
cat >"$folder/nginx.conf" <<END
daemon off;
$user
pid $folder/pid;
error_log $folder/error.log;
events {}
http {
    access_log $folder/access.log;
    client_body_temp_path $folder/tmp;
    proxy_temp_path $folder/tmp;
    fastcgi_temp_path $folder/tmp;
    scgi_temp_path $folder/tmp;
    uwsgi_temp_path $folder/tmp;
    server {
        listen 127.0.0.1:$port;
        client_max_body_size 64m;
        location / {
            root $folder/files;
            dav_methods PUT MKCOL;
            create_full_put_path off;
            auth_basic "files";
            auth_basic_user_file $folder/users;
        }
    }
}
END
echo "$port" >"$folder/port"
exec /usr/sbin/nginx -c "$folder/nginx.conf"
