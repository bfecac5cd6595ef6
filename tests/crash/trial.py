# SPDX-License-Identifier: GPL-3.0-or-later
"""What trials have in common that are no deliveries (delivery.py): one life of the daemon that is disturbed, one that is
not, and a look at what has come of both."""

import re
import shutil

import daemon
from delivery import COMPLAINT, Snapshot

AFTERWARDS = 10  # calls behind an answer


class LifeTrial:
    """A subclass says what happens: _begin() sets self.place and all that is asked of it; _over() whether the life has
    done its work; _live_on() is the second life; _check() holds what has come of it against what was promised."""

    def __init__(self, server, folder, call=None, disturbance=None):
        self.server, self.folder, self.call, self.disturbance = server, folder, call, disturbance

    def trace(self):
        """The calls of an undisturbed life."""
        with self.server:
            self._begin()
            return daemon.trace("worker", self.place, self._over)

    def run(self):
        """self, or an AssertionError that names the call."""
        try:
            with self.server:
                self._begin()
                killed = self.disturbance == "signal=KILL"
                daemon.disturb("worker", self.place, self._over if killed else self._over_or_complained, self.call,
                               self.disturbance)
                assert self.server.wait_for(lambda server: all(session.closed for session in server.sessions))
                self.log, self.left, self.sent = self.place.log(), Snapshot(self.place.spool), self._seen()
                self._live_on()
            self._check()
        except Exception as error:
            raise AssertionError(f"{self}: {error}; log: {self.place.log()[-1500:]}") from error
        finally:
            self.place.kill()
        shutil.rmtree(self.folder)
        return self

    def _over_or_complained(self):
        return self._over()

    def _seen(self):
        """By the server, of the first life."""
        return list(self.server.messages)

    def _deliver_all(self, *requests):
        """The second life: all that is left has to arrive."""
        if not self.place.running():
            self.place.start()
        for request in ("STATUS", *requests):
            daemon.ask(self.place, request)
        daemon.wait_until(lambda: not self.place.entries(), "the queue is empty")
        assert self.place.stop() == 0
        Snapshot(self.place.spool).check_tidy()

    def answer(self):
        """To an error: what the daemon said, or that it did its work all the same."""
        complaint = re.search(COMPLAINT, self.log)
        return f"said {complaint[1]}" if complaint else "went on"

    def __str__(self):
        return f"{self.disturbance} at {self.call} ({self.call.text[:80]})"


def between(calls, last_word):
    """Those from a client's connection to the answer he gets, and some more."""
    accepted = next(i for i, call in enumerate(calls) if call.name in ("accept4", "accept"))
    answered = max(i for i, call in enumerate(calls) if re.search(last_word, call.text))
    return calls[accepted:answered + AFTERWARDS]


def listening(path):
    """Whether somebody listens there, without disturbing him (proc(5), /proc/net/unix: __SO_ACCEPTCON). The name there
    is the one it was bound to, before it got its own."""
    names = (f" {path}", f" {str(path)[:-1]}~")
    with open("/proc/net/unix") as sockets:
        there = any(line.split()[3] == "00010000" and line.rstrip("\n").endswith(names) for line in sockets)
    return there and path.exists()
