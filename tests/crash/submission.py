# SPDX-License-Identifier: GPL-3.0-or-later
"""Submissions over the socket to a daemon that is killed, and started again at once.

sendmail hears at last what has become of it. 0: the message is there, or delivered. Else nothing is queued, or it says
that it cannot know. A second copy is sent only where the first was delivered before sendmail could ask for it.
"""

import os
import re
import shutil
import threading

import daemon
from delivery import SENDER, Snapshot
from expected import difference, expected
from kinds import LARGE, SMALL, Kind

RECIPIENT = "one@example.org"
AFTERWARDS = 10  # calls behind the answer
MESSAGES = {"submitted over the socket": SMALL, "submitted over the socket, 300 KB": LARGE}
KIND = Kind("submitted over the socket", [["one"]])


class Submission:
    """One message; a trial as in delivery.py."""
    last_word = r'"OK [0-9A-Z]{26}'

    def __init__(self, site, folder, text, call=None, disturbance=None):
        self.site, self.folder, self.text, self.call, self.disturbance = site, folder, text, call, disturbance
        self.server = site.server(KIND, {})
        self.done = None

    def trace(self):
        """The calls between the client's connection and the answer to it, and some more."""
        with self.server:
            self._begin()
            calls = daemon.trace("worker", self.place, self._delivered)
            self.client.join()
        accepted = next(i for i, call in enumerate(calls) if call.name == "accept4" or call.name == "accept")
        answered = max(i for i, call in enumerate(calls) if re.search(self.last_word, call.text))
        return calls[accepted:answered + AFTERWARDS]

    def run(self):
        try:
            with self.server:
                self._begin()
                daemon.disturb("worker", self.place, self._delivered, self.call, self.disturbance)
                assert self.server.wait_for(lambda server: all(session.closed for session in server.sessions))
                self.left, self.sent = Snapshot(self.place.spool), list(self.server.messages)
                self._live_on()
            self._check()
        except Exception as error:
            raise AssertionError(f"{self}: {error}; client: {self.done}; log: {self.place.log()[-1500:]}") from error
        finally:
            self.place.kill()
        shutil.rmtree(self.folder)
        return self

    def _begin(self):
        self.place = self.site.place(self.folder, KIND, self.server)
        self._prepare()
        self.client = threading.Thread(target=self._submit)
        self.client.start()

    def _prepare(self):
        self.place.configure({"drop_directory": False})
        for name in ("tmp", "new"):
            (self.place.spool / name).chmod(0o700)

    def _submit(self):
        daemon.wait_until(lambda: _listening(self.place.run / "submit"), "the daemon listens")
        self.done = self.place.sendmail(self.text, "-i", "-f", SENDER, RECIPIENT)

    def _delivered(self):
        return self.done and "mailchuted: delivered" in self.place.log()

    def _live_on(self):
        self.place.start()
        self.client.join()
        daemon.ask(self.place, "STATUS")
        daemon.wait_until(lambda: not self.place.entries(), "the queue is empty")
        assert self.place.stop() == 0
        Snapshot(self.place.spool).check_tidy()

    def _check(self):
        copies = self.server.accepted()
        if self.done.returncode == 0:
            assert copies and not self.done.stderr, "lost"
        else:
            assert self.done.returncode == 75 and self.done.stderr, self.done
            assert not copies or b"unless it is delivered already" in self.done.stderr, "queued against its word"
        self.duplicates = max(0, len(copies) - 1)
        known = self.left.files["cur"] or self.sent
        assert self.duplicates <= (1 if known else 0), f"{self.duplicates} duplicates"
        for message in copies:
            torn = difference(expected(self.text, RECIPIENT, uid=os.getuid(), sender=SENDER,
                                       hostname="client.example.org"), message.data.replace(b"\r\n", b"\n"))
            assert not torn, torn

    def outcome(self):
        state = "in cur" if self.left.files["cur"] else "delivered" if self.sent else "not queued"
        return f"{state}, {'sent again, ' if self.duplicates else ''}exit status {self.done.returncode}"

    def __str__(self):
        return f"{self.disturbance} at {self.call} ({self.call.text[:80]})"


def _listening(path):
    """Whether somebody listens there, without disturbing him (proc(5), /proc/net/unix: __SO_ACCEPTCON). The name there
    is the one it was bound to, before it got its own."""
    names = (f" {path}", f" {str(path)[:-1]}~")
    with open("/proc/net/unix") as sockets:
        listening = any(line.split()[3] == "00010000" and line.rstrip("\n").endswith(names) for line in sockets)
    return listening and path.exists()
