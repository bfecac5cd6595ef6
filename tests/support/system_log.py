# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program says to the system log, heard at a /dev/log of its own; needs root.

    with SystemLog(folder) as log:
        subprocess.run([*log.wrapper, program, ...])
        log.lines()     ["sendmail[12]: ..."] since the last call, without priority and time
"""

import os
import pathlib
import re
import socket
import subprocess

from report import Skip

# The program finds nothing else in /dev.
_START = 'mount --bind "$0" /dev && exec "$@"'


class SystemLog:
    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Skip("a /dev/log of its own needs root")
        folder = pathlib.Path(folder)
        folder.mkdir()
        self.wrapper = ("unshare", "--mount", "/bin/sh", "-c", _START, str(folder))
        if subprocess.run([*self.wrapper, "true"], capture_output=True).returncode != 0:
            raise Skip("no mount namespaces here")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "log"))
        (folder / "log").chmod(0o666)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def lines(self):
        """Of programs that have ended: what they said is here already."""
        found = []
        while True:
            try:
                octets = self._socket.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            found.append(re.sub(r"^<\d+>\w{3} [ \d]\d [\d:]{8} ", "", octets.decode().rstrip("\0\n")))
