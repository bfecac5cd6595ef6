# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to mailchuted's SMTP listener: a daemon that listens, and a client that says exactly what it is told to."""

import ctypes
import socket
import time

from mailchute import Mailchute
from ports import free_port

_libc = ctypes.CDLL(None)


class Listening(Mailchute):
    """A daemon with a listener on 127.0.0.1; by default its smart host is not there, so that mail stays queued."""

    def __init__(self, folder, *, port=1, listener=None, settings=None, **options):
        self.smtp_port = free_port()
        group = {"listen": [f"127.0.0.1:{self.smtp_port}"], **(listener or {})}
        quiet = {"retry": {"first": 86400, "longest": 86400}}
        super().__init__(folder, port=port, tls="none", settings={"listener": group, **quiet, **(settings or {})}, **options)

    def client(self, **options):
        return Client(("127.0.0.1", self.smtp_port), **options)


class Client:
    """A connection; waits for one who does not listen yet. As root: of the user `uid`, who is who makes the socket."""

    def __init__(self, address, timeout=30, uid=None):
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.socket = self._connected(address, timeout, uid)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "nobody listens"
                time.sleep(0.01)
        self._heard = b""

    @staticmethod
    def _connected(address, timeout, uid):
        if uid is not None:
            _libc.setfsuid(uid)  # whose socket it is; of this thread alone, where seteuid() is all threads' affair
        try:
            return socket.create_connection(address, timeout)
        finally:
            if uid is not None:
                _libc.setfsuid(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, octets):
        self.socket.sendall(octets)

    def reply(self):
        """(code, lines); (None, ...) when the connection is closed."""
        lines = []
        while True:
            line = self._line()
            if line is None:
                return None, lines
            lines.append(line[4:].decode())
            if line[3:4] != b"-":
                return int(line[:3]), lines

    def ask(self, octets):
        self.say(octets + b"\r\n")
        return self.reply()

    def rest(self):
        """All that is said until the connection is closed."""
        heard, self._heard = self._heard, b""
        try:
            while piece := self.socket.recv(65536):
                heard += piece
        except ConnectionResetError:
            pass
        return heard

    def _line(self):
        while b"\n" not in self._heard:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        return line.rstrip(b"\r")

    def greeted(self):
        assert self.reply()[0] == 220
        assert self.ask(b"EHLO me.example")[0] == 250
        return self

    def submit(self, text=b"Subject: x\r\n\r\ny\r\n", sender=b"me@example.org", recipient=b"you@example.org"):
        """The queue id."""
        for command, code in ((b"MAIL FROM:<%s>" % sender, 250), (b"RCPT TO:<%s>" % recipient, 250), (b"DATA", 354)):
            answer = self.ask(command)
            assert answer[0] == code, (command, answer)
        code, lines = self.ask(text + b".")
        assert code == 250, lines
        return lines[0].rpartition(" ")[2]
