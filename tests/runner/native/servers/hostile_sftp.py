#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An SFTP server (version 3, on standard input and output, as sshd starts one) that lies: hostile_sftp.py FOLDER. Whatever folder
is listed, it names the lines of FOLDER/listing, "NAME<TAB>LONG NAME" with escapes as Python has them, and with FOLDER/endless it
never comes to an end; whatever file is asked for, it sends FOLDER/content."""
import os
import struct
import sys

folder = sys.argv[1]
with open(os.path.join(folder, "content"), "rb") as f:
    content = f.read()
with open(os.path.join(folder, "listing"), "rb") as f:
    entries = [line.decode("unicode_escape").encode("latin-1").split(b"\t") for line in f.read().splitlines()]
endless = os.path.exists(os.path.join(folder, "endless"))
listed = set()
count = 0


def text(value):
    return struct.pack(">I", len(value)) + value


def answer(kind, identity, body):
    packet = struct.pack(">BI", kind, identity) + body
    sys.stdout.buffer.write(struct.pack(">I", len(packet)) + packet)
    sys.stdout.buffer.flush()


def status(identity, code):
    answer(101, identity, struct.pack(">I", code) + text(b"") + text(b""))


def names(identity, some):
    body = b"".join(text(name) + text(long) + struct.pack(">I", 0) for name, long in some)
    answer(104, identity, struct.pack(">I", len(some)) + body)


def read_text(data, at):
    size = struct.unpack_from(">I", data, at)[0]
    return data[at + 4:at + 4 + size], at + 4 + size


source = sys.stdin.buffer
while len(head := source.read(5)) == 5:
    size, kind = struct.unpack(">IB", head)
    data = source.read(size - 1)
    if kind == 1:
        sys.stdout.buffer.write(struct.pack(">IBI", 5, 2, 3))
        sys.stdout.buffer.flush()
        continue
    identity = struct.unpack_from(">I", data)[0]
    if kind == 16:  # REALPATH
        path, _ = read_text(data, 4)
        names(identity, [(b"/home" if path == b"." else path, b"")])
    elif kind == 11:  # OPENDIR
        count += 1
        answer(102, identity, text(b"d%d" % count))
    elif kind == 12:  # READDIR
        handle, _ = read_text(data, 4)
        if endless:
            some = [(b"file-%d-%d" % (count, i), b"-rw-r--r--    1 0 0 5 Nov 25 04:00 file-%d-%d" % (count, i)) for i in range(100)]
            count += 1
            names(identity, some)
        elif handle in listed:
            status(identity, 1)
        else:
            listed.add(handle)
            names(identity, [(name, long) for name, long in entries])
    elif kind == 3:  # OPEN
        answer(102, identity, text(b"f"))
    elif kind == 5:  # READ
        _, at = read_text(data, 4)
        offset, length = struct.unpack_from(">QI", data, at)
        piece = content[offset:offset + length]
        if piece:
            answer(103, identity, text(piece))
        else:
            status(identity, 1)
    elif kind in (7, 8, 17):  # LSTAT, FSTAT, STAT
        answer(105, identity, struct.pack(">IQI", 5, len(content), 0o100644))
    elif kind == 4:  # CLOSE
        status(identity, 0)
    else:
        status(identity, 8)
