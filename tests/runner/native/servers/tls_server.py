#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TLS server on 127.0.0.1, for `localhost`: tls_server.py FOLDER. Its certificate, of its own making, is FOLDER/certificate and valid for 30
days. Who connects is told "220 ready" and, after a line, that line again. Writes its port to FOLDER/port, and the port of the same without TLS
to FOLDER/plain."""
import os
import socket
import ssl
import subprocess
import sys
import threading

folder = sys.argv[1]
key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
               check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def speak(connection):
    try:
        connection.sendall(b"220 ready\n")
        connection.sendall(connection.recv(1000))
        connection.close()
    except OSError:
        pass


def accept(listener, wrap):
    while True:
        try:
            connection, _ = listener.accept()
            connection = context.wrap_socket(connection, server_side=True) if wrap else connection
        except OSError:
            continue
        threading.Thread(target=speak, args=(connection,), daemon=True).start()


for name, wrap in (("plain", False), ("port", True)):
    listener = socket.create_server(("127.0.0.1", 0))
    with open(os.path.join(folder, name + ".new"), "w") as out:
        out.write(str(listener.getsockname()[1]))
    os.rename(os.path.join(folder, name + ".new"), os.path.join(folder, name))
    threading.Thread(target=accept, args=(listener, wrap), daemon=True).start()
threading.Event().wait()
