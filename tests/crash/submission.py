# SPDX-License-Identifier: GPL-3.0-or-later
"""Submissions over the socket to a daemon that is killed, and started again at once.

sendmail hears at last what has become of it. 0: the message is there, or delivered. Else nothing is queued, or it says
that it cannot know. A second copy is sent only where the first was delivered before sendmail could ask for it.
"""

import os
import threading

import daemon
from delivery import SENDER
from expected import difference, expected
from kinds import LARGE, SMALL, Kind
from trial import LifeTrial, between, listening

RECIPIENT = "one@example.org"
MESSAGES = {"submitted over the socket": SMALL, "submitted over the socket, 300 KB": LARGE}
KIND = Kind("submitted over the socket", [["one"]])


class Submission(LifeTrial):
    """One message."""
    last_word = r'"OK [0-9A-Z]{26}'

    def __init__(self, site, folder, text, call=None, disturbance=None):
        super().__init__(site.server(KIND, {}), folder, call, disturbance)
        self.site, self.text = site, text
        self.done = None

    def trace(self):
        calls = super().trace()
        self.client.join()
        return between(calls, self.last_word)

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
        daemon.wait_until(lambda: listening(self.place.run / "submit"), "the daemon listens")
        self.done = self.place.sendmail(self.text, "-i", "-f", SENDER, RECIPIENT)

    def _over(self):
        return self.done and "mailchuted: delivered" in self.place.log()

    def _live_on(self):
        self.place.start()
        self.client.join()
        self._deliver_all()

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
            torn = self._is_torn(message)
            assert not torn, torn

    def _is_torn(self, message):
        whole = expected(self.text, RECIPIENT, uid=os.getuid(), sender=SENDER, hostname="client.example.org")
        return difference(whole, message.data.replace(b"\r\n", b"\n"))

    def outcome(self):
        state = "in cur" if self.left.files["cur"] else "delivered" if self.sent else "not queued"
        return f"{state}, {'sent again, ' if self.duplicates else ''}exit status {self.done.returncode}"

    def __str__(self):
        return f"{super().__str__()}; client: {self.done}"
