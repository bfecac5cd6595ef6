# SPDX-License-Identifier: GPL-3.0-or-later
"""The submission socket's protocol (src/queue/submission_protocol.h) by a second hand, to say also what sendmail would
never say."""

import socket

import entries

MESSAGE = b"Subject: x\n\ny\n"


class Submitter:
    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))  # waits where the backlog is full
        self.socket.settimeout(timeout)
        self._heard = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, *octets):
        self.socket.sendall(b"".join(octets))

    def answer(self):
        """The next line; b"" when the daemon has closed."""
        while b"\n" not in self._heard:
            try:
                more = self.socket.recv(4096)
            except ConnectionResetError:
                more = b""
            if not more:
                return b""
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def verdict(self):
        """The last word: OK or ERROR, whatever comes before."""
        while (line := self.answer()).startswith(b"GO "):
            pass
        return line


def envelope(uid=0, sender=b"me@example.org", recipients=(b"you@example.org",)):
    whole = entries.make(sender, recipients, b"", uid)
    return whole[whole.index(b"\n") + 1:]


def begin(name, head):
    return b"MAILCHUTE 1 SUBMIT %s %d\n" % (name.encode(), len(head)) + head


def data(octets):
    return b"DATA %d\n" % len(octets) + octets


def end(head, message, length=None, digest=None):
    return b"END %d %s\n" % (len(message) if length is None else length, digest or entries.digest(head + message))


def whole(name, head, message=MESSAGE):
    pieces = [data(message[at:at + 65536]) for at in range(0, len(message), 65536)]
    return begin(name, head) + b"".join(pieces) + end(head, message)
