# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail slot alone: sendmail with a spool of its own, and no daemon to empty it.

    with Slot() as slot:
        done = slot.submit("-i", "you@example.org", message=b"Subject: x\\n\\ny\\n")
        done.status, done.out, done.err, done.entry

submit() takes what was queued out of the queue again, so that every call begins with an empty one.
"""

import dataclasses
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import entries
from mailchute import Mailchute

MESSAGE = b"Subject: x\n\ny\n"


def login():
    """Who submits here, as sendmail calls him: without an account by his number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@dataclasses.dataclass
class Done:
    status: int      # negative: ended by that signal
    out: bytes
    err: bytes
    queued: list     # entries.Entry of all that is in new/
    leftovers: list  # names in tmp/

    @property
    def entry(self):
        assert len(self.queued) == 1, f"{len(self.queued)} entries; status {self.status}, {self.err!r}"
        return self.queued[0]

    def queued_in_silence(self):
        """The one entry of a submission that nobody has to hear of."""
        assert (self.status, self.out, self.err) == (0, b"", b""), self
        assert not self.leftovers, self.leftovers
        return self.entry

    def refused(self, status, *words):
        """Nothing queued, nothing left over, and one line on standard error with these words."""
        assert self.status == status, f"status {self.status}, not {status}: {self.err!r}"
        assert not self.queued and not self.leftovers, (self.queued, self.leftovers)
        assert self.out == b"", self.out
        line = self.err.decode()
        assert line.startswith("sendmail: ") and line.count("\n") == 1 and line.endswith("\n"), line
        for word in words:
            assert word in line, line


class Slot:
    def __init__(self, settings=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-slot-", dir="/tmp"))
        self.mailchute = Mailchute(self.directory, port=1, settings=settings, start=False)
        self.spool, self.config = self.mailchute.spool, self.mailchute.config_file
        # Where it is installed: any user can reach it there, which a build tree does not promise.
        self.bin = self.directory / "usr/sbin"
        self.bin.mkdir(parents=True)
        (self.directory / "usr").chmod(0o755)
        self.bin.chmod(0o755)
        self.sendmail = self.bin / "sendmail"
        shutil.copy(self.mailchute.program("sendmail"), self.sendmail)
        self.sendmail.chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *arguments, program=None):
        """sendmail with this slot's configuration in front of the arguments."""
        return [str(program or self.sendmail), "-C", str(self.config), *arguments]

    def submit(self, *arguments, message=MESSAGE, program=None):
        return self.run(self.command(*arguments, program=program), message)

    def run(self, command, message=MESSAGE, **options):
        """Any command that is to submit something; message: octets for its standard input."""
        if "stdin" not in options:
            options["input"] = message
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **options)
        return self.outcome(done.returncode, done.stdout, done.stderr)

    def wait_for_draft(self):
        """sendmail has begun when its file is there: made before the message is read."""
        deadline = time.monotonic() + 30
        while not any((self.spool / "tmp").iterdir()):
            assert time.monotonic() < deadline, "no draft"
            time.sleep(0.002)

    def outcome(self, status, out=b"", err=b""):
        """What the queue looks like now; it is empty afterwards."""
        drafts, new = sorted((self.spool / "tmp").iterdir()), sorted((self.spool / "new").iterdir())
        done = Done(status, out, err, [entries.read(path) for path in new], [path.name for path in drafts])
        for path in drafts + new:
            path.unlink()
        return done
