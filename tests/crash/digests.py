# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that are held back, and due as a digest, with a daemon that is disturbed; trials as in delivery.py.

Each has to arrive, in the digest or alone, as it was; once more only if the first life had sent the final dot of it. The
second life gathers nothing more: what is in no digest then is sent.
"""

import collections
import re

import entries
from delivery import COMPLAINT, SENDER, copy_queue
from kinds import Kind
from trial import LifeTrial

COUNT = 3
KIND = Kind("held back", [["one"]])
DIGEST = b"\r\nContent-Type: multipart/digest; boundary=\"(.*)\"\r\n"
LARGE = 1500  # octets: the digest is, an original is not


def refuse_digest(_server, session, _line):
    mail = next(line for line in reversed(session.commands) if line.startswith(b"MAIL"))
    return "554 5.6.0 no digests" if int(re.search(rb"SIZE=(\d+)", mail)[1]) > LARGE else None


SCRIPTS = {"a digest delivered": {}, "a digest refused, and its originals alone": {"message": refuse_digest}}


class Prepared:
    """The queue, with COUNT messages that are held back and due."""

    def __init__(self, site, folder):
        self.site, self.folder = site, folder
        with site.server(KIND, {}) as server:
            place = site.place(folder, KIND, server)
            place.configure({"storms": {"digests": ["root"], "digest_above": 1, "digest_within": "1h"}})
            place.start()
            for number in range(COUNT + 1):
                done = place.sendmail(b"Subject: alert\n\n.number %d\n" % number, "-i", "-f", SENDER, "one@example.org")
                assert done.returncode == 0, done
                # The first one is delivered.
                assert place.wait_for_log("mailchuted: (delivered|held-back) ", count=number + 1), place.log()
            place.stop()
        for path in (place.spool / "info").iterdir():
            attempts, last, _, rest = path.read_bytes().split(b" ", 3)
            path.write_bytes(b" ".join((attempts, last, last, rest)))
        self.settings = place.settings["storms"]
        self.texts = {entries.read(path).message.replace(b"\n", b"\r\n") for path in place.entries("cur")}
        assert len(self.texts) == COUNT


class DigestTrial(LifeTrial):
    def __init__(self, prepared, script, folder, call=None, disturbance=None):
        super().__init__(prepared.site.server(KIND, script), folder, call, disturbance)
        self.prepared = prepared

    def _begin(self):
        self.place = self.prepared.site.place(self.folder, KIND, self.server)
        self.place.configure({"storms": self.prepared.settings})
        copy_queue(self.prepared.folder / "spool", self.place.spool)

    def _over(self):
        return not self.place.entries("cur")

    def _over_or_complained(self):
        # Who does not see info/ counts anew.
        return self._over() or re.search(COMPLAINT + "|mailchuted: held-back ", self.place.log())

    def _live_on(self):
        self.server.script = {}
        self.place.configure({"storms": {"digests": "off"}})
        self._deliver_all("RETRY *")

    def _seen(self):
        """How often the server read each to its end and did not refuse it."""
        texts = collections.Counter()
        for message in self.server.messages:
            if message.accepted or message.reply is None:
                texts.update(originals(message.data))
        return texts

    def _check(self):
        copies = self._seen()
        assert set(copies) == self.prepared.texts, f"{len(copies)} arrived, or torn"
        again = {text for text, count in copies.items() if count > 1}
        assert all(copies[text] == 2 and self.sent[text] for text in again), "sent again"
        self.duplicates = int(bool(again))
        if again and again != self.prepared.texts:  # else it was the digest
            assert len(again) == 1, f"{len(again)} sent again"

    def outcome(self):
        digest = any(dict(entry.progress).get(b"Digest-Of") for entry in self.left.entries.values())
        return f"{len(self.left.files['cur'])} in cur{', a digest' if digest else ''}{', sent again' if self.duplicates else ''}"


def originals(data):
    """The texts in a digest; of what is none, itself."""
    collection = re.search(DIGEST, data)
    if not collection:
        return [data]
    parts = data.split(b"\r\n--" + collection[1])
    assert parts[-1].startswith(b"--\r\n"), f"torn: {data[-200:]!r}"
    return [part.split(b"\r\n\r\n", 1)[1] for part in parts[1:-1]]
