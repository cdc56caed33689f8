#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An FTP server on 127.0.0.1 that demands TLS for both connections: ftps_server.py FOLDER. The user ana with the password
"pass word" owns FOLDER/files. Its certificate, for 127.0.0.1, is FOLDER/certificate. Writes its port to FOLDER/port."""
import os
import subprocess
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

folder = sys.argv[1]
os.makedirs(os.path.join(folder, "files"))
key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
               check=True)
users = DummyAuthorizer()
users.add_user("ana", "pass word", os.path.join(folder, "files"), perm="elradfmw")
TLS_FTPHandler.authorizer = users
TLS_FTPHandler.certfile = certificate
TLS_FTPHandler.keyfile = key
TLS_FTPHandler.tls_control_required = True
TLS_FTPHandler.tls_data_required = True
server = FTPServer(("127.0.0.1", 0), TLS_FTPHandler)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
