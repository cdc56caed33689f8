#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ceph's gateway, which speaks S3, over a cluster of one monitor and one store in memory: on free ports of 127.0.0.1,
# the gateway's in FOLDER/port; ended with this process. Its user has the key of FOLDER/login and the bucket `logs`.
# It is up in about ten seconds and takes 150 MB. Usage: radosgw.sh FOLDER
set -euo pipefail
folder=$1
for program in ceph-mon ceph-osd radosgw radosgw-admin monmaptool ceph-authtool; do
    command -v "$program" >/dev/null || { echo "no $program here: run .ci/install test" >&2; exit 1; }
done
# The paths of its sockets have to be short.
place=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)" latchkey-ceph.XXXXXX)
# Whoever ends this kills the whole group, this too: what removes the folder is in another one.
setsid bash -c "while kill -0 $$ 2>/dev/null; do sleep 0.5; done; sleep 1; rm -rf '$place'" >/dev/null 2>&1 &
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
monitor=$(free_port)
port=$(free_port)
id=$(cat /proc/sys/kernel/random/uuid)
cat >"$place/ceph.conf" <<END
[global]
fsid = $id
mon host = v2:127.0.0.1:$monitor
public addr = 127.0.0.1
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind msgr1 = false
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
mon data = $place/mon
osd data = $place/osd
rgw data = $place/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 16
rgw enable usage log = false
rgw run sync thread = false
admin socket = $place/\$pid.asok
log file = $folder/\$name.log
pid file = $place/\$name.pid
keyring = $place/keyring
END
export CEPH_CONF=$place/ceph.conf
mkdir "$place/mon" "$place/osd" "$place/rgw"
monmaptool --create --fsid "$id" --addv a "[v2:127.0.0.1:$monitor]" "$place/monmap" >/dev/null
ceph-authtool -C "$place/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$place/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' >/dev/null
ceph-authtool "$place/keyring" --gen-key -n osd.0 --cap mon 'allow *' --cap osd 'allow *' >/dev/null
as_root=()
[ "$(id -u)" != 0 ] || as_root=(--setuser root --setgroup root)
ceph-mon --mkfs -i a "${as_root[@]}" --monmap "$place/monmap" --keyring "$place/keyring"
ceph-mon -f -i a "${as_root[@]}" --public-addr 127.0.0.1 &
store=$(cat /proc/sys/kernel/random/uuid)
timeout 60 ceph osd new "$store"
ceph-osd -i 0 "${as_root[@]}" --mkfs --osd-uuid "$store"
ceph-osd -f -i 0 "${as_root[@]}" &
radosgw -f -n client.admin "${as_root[@]}" &
timeout 60 radosgw-admin user create --uid=latchkey --display-name=latchkey --access-key=LATCHKEYTEST --secret-key=a/secret+of=tests >/dev/null
until timeout 1 bash -c "</dev/tcp/127.0.0.1/$port" 2>/dev/null; do sleep 0.1; done
(umask 077; printf '[default]\naws_access_key_id = LATCHKEYTEST\naws_secret_access_key = a/secret+of=tests\n' >"$folder/login")
nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
curl -sS --fail --user LATCHKEYTEST:a/secret+of=tests --aws-sigv4 aws:amz:us-east-1:s3 -H "x-amz-content-sha256: $nothing" -X PUT "http://127.0.0.1:$port/logs"
echo "$port" >"$folder/port.new"
mv "$folder/port.new" "$folder/port"
wait
