#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An FTP server on 127.0.0.1 that lies: hostile_ftp.py FOLDER. Whatever folder is listed, it sends the lines of FOLDER/listing;
whatever file is asked for, it sends FOLDER/content. Writes its port to FOLDER/port."""
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder = sys.argv[1]
os.makedirs(os.path.join(folder, "files"))


class Liar(AbstractedFS):
    def validpath(self, path):
        return True

    def chdir(self, path):
        self.cwd = "/"

    def listdir(self, path):
        return []

    def isdir(self, path):
        return True

    def isfile(self, path):
        return True

    def lexists(self, path):
        return True

    def getsize(self, path):
        return os.path.getsize(os.path.join(folder, "content"))

    def format_list(self, basedir, listing, ignore_err=True):
        with open(os.path.join(folder, "listing"), "rb") as lines:
            yield from (line.rstrip(b"\n") + b"\r\n" for line in lines)

    def open(self, filename, mode):
        return open(os.path.join(folder, "content"), mode)


users = DummyAuthorizer()
users.add_user("ana", "pass word", os.path.join(folder, "files"), perm="elradfmw")
FTPHandler.authorizer = users
FTPHandler.abstracted_fs = Liar
server = FTPServer(("127.0.0.1", 0), FTPHandler)
with open(os.path.join(folder, "port.new"), "w") as out:
    out.write(str(server.address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
