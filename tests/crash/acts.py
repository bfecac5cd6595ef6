# SPDX-License-Identifier: GPL-3.0-or-later
"""What administrators do to a message, by a daemon that is disturbed, and started again undisturbed.

The message is then as before or as after the act; after it if the answer was "done", before it if that was "refused",
unless the disk has failed. What is held, or a dead letter, as before is acted on again after a kill, and the act is done
then. It arrives, or its sender is told, or it is gone as that says: once. What a digest stands for together with it
arrives in any case, once, in the digest or alone.
"""

import collections
import dataclasses
import re
import subprocess
import threading

import control
import daemon
import digests
import entries
from delivery import SENDER, VERDICT, Notification, Snapshot, copy_queue
from kinds import LARGE, SMALL, Kind
from submission import Submission
from trial import LifeTrial, between, listening

RECIPIENT = "one@example.org"
NEW_SENDER, NEW_RECIPIENT = "other@example.org", "two@example.net"
KIND = Kind("acted on", [["one"]])
BUSY = {"rcpt": "450 4.2.1 busy"}  # nothing is sent in the life that is disturbed
NO_SENDER = {"mail": "550 5.7.1 not you"}
NO_RECIPIENT = {"rcpt": "550 5.1.1 who?"}


@dataclasses.dataclass(frozen=True)
class Act:
    """before: the script that has brought the message to where it is, `place`. after: where it is then; None: gone.
    arrival: what the smart host is given at last (_arrival())."""
    request: str
    before: dict
    place: str
    after: str | None
    arrival: tuple
    sender: str = SENDER
    text: bytes = SMALL
    in_digest: bool = False


UNCHANGED = ("message", SENDER, RECIPIENT)
TOLD = ("notification", "", SENDER)
ACTS = {
    "hold": Act("HOLD reason=a test", BUSY, "cur", "held", UNCHANGED),
    "release": Act("RELEASE ", NO_SENDER, "held", "cur", UNCHANGED),
    "release from another sender": Act(f"RELEASE sender={NEW_SENDER}", NO_SENDER, "held", "cur",
                                       ("message", NEW_SENDER, RECIPIENT)),
    "release to another recipient, 300 KB": Act(f"RELEASE old={RECIPIENT}\tnew={NEW_RECIPIENT}", NO_SENDER, "held", "cur",
                                                ("message", SENDER, NEW_RECIPIENT), text=LARGE),
    "release of a dead letter to another recipient": Act(f"RELEASE old={RECIPIENT}\tnew={NEW_RECIPIENT}", NO_RECIPIENT, "failed",
                                                         "cur", ("message", "", NEW_RECIPIENT), sender=""),
    "bounce": Act("BOUNCE reason=a test", BUSY, "cur", None, TOLD),
    "bounce of what is held": Act("BOUNCE reason=a test", NO_SENDER, "held", None, TOLD),
    "remove": Act("REMOVE ", BUSY, "cur", None, None),
    "remove of what is held": Act("REMOVE ", NO_SENDER, "held", None, None),
    "hold of an original of a digest": Act("HOLD reason=a test", BUSY, "cur", "held", UNCHANGED, in_digest=True),
    "bounce of an original of a digest": Act("BOUNCE reason=a test", BUSY, "cur", None, TOLD, in_digest=True),
    "remove of an original of a digest": Act("REMOVE ", BUSY, "cur", None, None, in_digest=True),
}


class Prepared:
    def __init__(self, site, act, folder):
        self.site, self.act, self.folder = site, act, folder
        with site.server(KIND, act.before) as server:
            place = site.place(folder, KIND, server)
            place.start()
            assert place.sendmail(act.text, "-i", "-f", act.sender or "<>", RECIPIENT).returncode == 0
            found = place.wait_for_log(VERDICT.format(r"(\S+)"))
            assert found, place.log()
            daemon.wait_until(lambda: [path.parent.name for path in place.entries()] == [act.place], f"it is in {act.place}")
            place.stop()
        entry, = Snapshot(place.spool).entries.values()
        self.id, self.text = found[2], entry.message.replace(b"\n", b"\r\n")


class PreparedOriginal(digests.Prepared):
    """One of the messages that a digest stands for, which is deferred."""

    def __init__(self, site, act, folder):
        super().__init__(site, folder)
        self.act = act
        with site.server(KIND, act.before) as server:
            place = site.place(folder, KIND, server)
            place.configure({"storms": self.settings})
            place.start()
            assert place.wait_for_log(VERDICT.format(r"\S+")), place.log()
            place.stop()
        left = Snapshot(place.spool).entries
        self.digest, = (name for name, entry in left.items() if dict(entry.progress).get(b"Digest-Of"))
        self.id = min(left.keys() - {self.digest})
        self.text = left[self.id].message.replace(b"\n", b"\r\n")
        self.others = collections.Counter(self.texts - {self.text})


class ActTrial(LifeTrial):
    """asked: the answer, as far as it came."""

    def __init__(self, prepared, folder, call=None, disturbance=None):
        super().__init__(prepared.site.server(KIND, BUSY), folder, call, disturbance)
        self.prepared, self.act, self.asked = prepared, prepared.act, None

    def trace(self):
        calls = super().trace()
        assert self._said() == "done", self.asked
        return between(calls, f"{self.prepared.id} done")

    def _begin(self):
        self.place = self.prepared.site.place(self.folder, KIND, self.server)
        copy_queue(self.prepared.folder / "spool", self.place.spool)
        self.client = threading.Thread(target=self._ask)
        self.client.start()

    def _ask(self):
        daemon.wait_until(lambda: listening(self.place.run / "control"), "the daemon listens")
        try:
            self.asked = control.ask(self.place, self._request())
        except (AssertionError, OSError) as error:  # half an answer, or none
            self.asked = [str(error)], ""

    def _request(self):
        return self.act.request + ("" if self.act.request.endswith(" ") else "\t") + f"id={self.prepared.id}"

    def _over(self):
        return self.asked is not None

    def _said(self):
        """done, refused, ERROR or nothing."""
        lines, last = self.asked
        return lines[0].split(" ")[1] if last.startswith("OK") else last[:5]

    def _live_on(self):
        self.client.join()
        self._check_place()
        self.server.script = {}
        self.place.start()
        if self.disturbance == "signal=KILL" and self.act.place != "cur" and self.where == self.act.place:
            self.asked = daemon.ask(self.place, self._request())
            assert self._said() == "done", self.asked
        for request in ("STATUS", "RETRY *"):
            daemon.ask(self.place, request)
        for path in self.place.entries("held", "failed"):
            daemon.ask(self.place, f"RETRY {path.name}")
        self._deliver_all()

    def _disk_failed(self):
        """Whether that was the reason, and so nobody knows what is on it."""
        return re.search("Input/output error|No space left", self.asked[0][0])

    def _check_place(self):
        where, said, act = self.left.place(self.prepared.id), self._said(), self.act
        if act.arrival == TOLD and where == "cur" and "-" not in self.left.entries[self.prepared.id].status.values():
            where = None  # it leaves with its notification
        self.where, self.said = where, said or "no answer"
        assert where in (act.place, act.after), f"{where}; {self.left}"
        assert where == act.after or said != "done", f"done, and in {where}"
        assert where == act.place or said != "refused" or self._disk_failed(), f"refused, and in {where}: {self.asked}"

    def _check(self):
        arrived = [self._arrival(message) for message in self._of_it(self.server.accepted())]
        before = ("message", self.act.sender, RECIPIENT)
        allowed = {self.act.arrival} if self._said() == "done" else {before, self.act.arrival}
        assert arrived in [[one] if one else [] for one in allowed], f"{arrived} arrived; {self.asked}"
        self.duplicates = 0

    def _of_it(self, messages):
        return messages

    def _arrival(self, message):
        to, = message.recipients
        if message.data == self.prepared.text:
            return "message", message.sender, to
        assert Notification(message.data).told == {(RECIPIENT, "failed")}, message.data
        return "notification", message.sender, to

    def outcome(self):
        return f"{self.said}, {'in ' + self.where if self.where else 'gone'}"

    def answer(self):
        return f"answered {self._said() or 'nothing'}"


class OriginalTrial(ActTrial):
    def _check_place(self):
        super()._check_place()
        assert self.where == "cur" or not self.left.place(self.prepared.digest), f"its digest is still there: {self.left}"

    def _of_it(self, messages):
        single = [dataclasses.replace(message, data=text) for message in messages for text in digests.originals(message.data)]
        others = collections.Counter(message.data for message in single if message.data in self.prepared.others)
        assert others == self.prepared.others, f"{others.total()} of {self.prepared.others.total()} others arrived, or one twice"
        return [message for message in single if message.data not in self.prepared.others]


class Import(Submission):
    """mailchute queue import of what export has written. done: the finished command."""
    last_word = r'"OK [0-9A-Z]{26}'

    def __init__(self, site, folder, text, call=None, disturbance=None):
        super().__init__(site, folder, text, call, disturbance)
        self.id = entries.random_id()

    def _submit(self):
        file = self.folder / f"{self.id}.entry"
        file.write_bytes(entries.make(sender=SENDER.encode(), recipients=[RECIPIENT.encode()], message=self.text))
        daemon.wait_until(lambda: listening(self.place.run / "submit"), "the daemon listens")
        self.done = subprocess.run([self.place.program("mailchute"), "-C", self.place.config_file, "queue", "import", file],
                                   stdin=subprocess.DEVNULL, capture_output=True, timeout=120)

    def _is_torn(self, message):
        return not message.data.endswith(self.text.replace(b"\n", b"\r\n"))  # below the daemon's Received


IMPORTS = {"imported": SMALL, "imported, 300 KB": LARGE}
