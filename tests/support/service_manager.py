# SPDX-License-Identifier: GPL-3.0-or-later
"""A service manager as sd_notify(3) knows it: a datagram socket that takes note of who says what."""

import re
import socket
import struct
import threading
import time


class Manager:
    """Everything that is said to it, as (pid, {key: value}, when)."""

    def __init__(self, name):
        self.name = str(name)
        self.heard, self._changed = [], threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind("\0" + self.name[1:] if self.name.startswith("@") else self.name)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _listen(self):
        while True:
            octets, ancillary, _, _ = self._socket.recvmsg(65536, 1024)
            if not octets:
                return
            pid, _, _ = struct.unpack("iii", ancillary[0][2])
            said = dict(line.split("=", 1) for line in octets.decode().split("\n"))
            with self._changed:
                self.heard.append((pid, said, time.monotonic()))
                self._changed.notify_all()

    def wait_for(self, key, value=r".*", timeout=20, behind=0):
        """The index of the first that says so behind the index, or None."""
        def find():
            return next((i + 1 for i, (_, said, _) in enumerate(self.heard)
                         if i >= behind and re.fullmatch(value, said.get(key, "\0"))), None)
        with self._changed:
            return self._changed.wait_for(find, timeout)

    def said(self, key):
        with self._changed:
            return [said[key] for _, said, _ in self.heard if key in said]
