# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted server that holds on to some messages, so that a test has the daemon with them in its hands.

    with HoldingServer(at="message") as server:   # after the final dot; or at="data", before the text
        submit(..., "held-1@example.org")
        server.wait_for_held(1)
        ...
        server.release()                          # all, now and later
"""

import threading

from scripted import ScriptedServer


class HoldingServer(ScriptedServer):
    """Messages to an address that begins with `held` are held; users, tls and so on as for ScriptedServer."""

    def __init__(self, at="message", **options):
        super().__init__({"rcpt": self._on_rcpt, at: self._hold}, auth="", **options)
        self.held = []  # the sessions, in order
        self._released = threading.Event()

    def stop(self):
        self.release()
        super().stop()

    def release(self):
        self._released.set()

    def hold_again(self):
        self._released.clear()

    def wait_for_held(self, n=1, timeout=30):
        return self.wait_for(lambda server: len(server.held) >= n, timeout)

    def _on_rcpt(self, _server, session, line):
        session.holds = b"<held" in line

    def _hold(self, _server, session, _line):
        if session.holds:
            self._record(lambda: self.held.append(session))
            self._released.wait()
