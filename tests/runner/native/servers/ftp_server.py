#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An FTP server on 127.0.0.1: ftp_server.py FOLDER. The user ana with the password "pass word" owns FOLDER/files. Writes its port to
FOLDER/port."""
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder = sys.argv[1]
os.makedirs(os.path.join(folder, "files"))
users = DummyAuthorizer()
users.add_user("ana", "pass word", os.path.join(folder, "files"), perm="elradfmw")
FTPHandler.authorizer = users
server = FTPServer(("127.0.0.1", 0), FTPHandler)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
