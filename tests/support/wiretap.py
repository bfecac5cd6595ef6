# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay of octets between a client and a server, which remembers who said what, in order.

    with Wiretap(server.port) as tap: ... connect to tap.port ...
    tap.turns                      [(CLIENT or SERVER, octets)], as one speaks after the other
    commands(tap.said(CLIENT))     the lines of a session in clear text, without the messages' texts
"""

import re
import socket
import threading

CLIENT, SERVER = "client", "server"


class Wiretap:
    def __init__(self, port):
        self._server_port, self._lock, self._connections = port, threading.Lock(), []
        self.turns = []

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for one in [self._listener, *self._connections]:
            try:
                one.shutdown(socket.SHUT_RDWR)  # which wakes who waits for it
            except OSError:
                pass
            one.close()

    def said(self, who):
        return b"".join(octets for speaker, octets in self.turns if speaker == who)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            self._connections += [client, server]
            threading.Thread(target=self._carry, args=(CLIENT, client, server), daemon=True).start()
            threading.Thread(target=self._carry, args=(SERVER, server, client), daemon=True).start()

    def _carry(self, who, source, destination):
        try:
            while octets := source.recv(65536):
                self._note(who, octets)
                destination.sendall(octets)
            destination.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _note(self, who, octets):
        with self._lock:
            if self.turns and self.turns[-1][0] == who:
                octets = self.turns.pop()[1] + octets
            self.turns.append((who, octets))


def commands(octets):
    """Of a client that sends with DATA, and is refused none."""
    return re.sub(rb"(?<=\r\nDATA\r\n).*?\r\n\.\r\n", b"", octets, flags=re.S).split(b"\r\n")[:-1]
