#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Container engines of the tests' own, with their data below a folder and nothing of the machine's configuration.
#   engine.sh docker FOLDER     becomes a Docker Engine that listens at FOLDER/docker.sock
#   engine.sh podman FOLDER     becomes Podman's service at FOLDER/podman.sock
#   engine.sh image [FOLDER]    prints a small image's files as a tar archive: busybox, and bash with its libraries. What lies in
#                               FOLDER lies over them; where it has a shell of its own, bash is /bin/real-bash
set -euo pipefail

case "$1" in
    docker)
        exec dockerd --data-root "$2/root" --exec-root "$2/exec" -p "$2/docker.pid" -H "unix://$2/docker.sock" \
            --iptables=false --ip6tables=false --bridge=none --log-level=error ;;
    podman)
        # Podman's own defaults raise limits, which not every machine allows.
        hard_files=$(ulimit -Hn)
        [ "$hard_files" = unlimited ] && hard_files=1048576
        cat >"$2/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$hard_files:$hard_files", "nproc=32768:32768"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
END
        CONTAINERS_CONF="$2/containers.conf" exec podman --root "$2/root" --runroot "$2/run" --tmpdir "$2/tmp" \
            --storage-driver overlay --log-level=error system service --time 0 "unix://$2/podman.sock" ;;
    image)
        tree=$(mktemp -d)
        trap 'rm -rf "$tree"' EXIT
        mkdir -p "$tree"/{bin,usr/bin,etc,tmp,root,proc,dev,run,var}
        chmod 1777 "$tree/tmp"
        cp "$(command -v busybox)" "$tree/bin/busybox"
        for applet in $("$tree/bin/busybox" --list); do
            [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
        done
        for link in env sort cat head stat; do ln -s ../../bin/busybox "$tree/usr/bin/$link"; done
        cp /bin/bash /usr/bin/nohup "$tree/bin/"
        ldd /bin/bash /usr/bin/nohup | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do
            mkdir -p "$tree$(dirname "$library")"
            cp -L "$library" "$tree$library"
        done
        echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
        echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>"$tree/etc/passwd"
        if [ -n "${2:-}" ]; then
            [ ! -e "$2/bin/bash" ] || mv "$tree/bin/bash" "$tree/bin/real-bash"
            cp -a --remove-destination "$2/." "$tree/"
        fi
        tar -C "$tree" -c . ;;
    *) echo "usage: engine.sh docker|podman FOLDER | image [FOLDER]" >&2; exit 2 ;;
esac
