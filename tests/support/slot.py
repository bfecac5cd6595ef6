# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail slot alone: sendmail with a spool of its own, and no daemon to empty it; or, where the way in is the
socket (ways.py), with one that has a smart host it cannot reach.

    with Slot() as slot:
        done = slot.submit("-i", "you@example.org", message=b"Subject: x\\n\\ny\\n")
        done.status, done.out, done.err, done.entry

submit() takes what was queued out of the queue again, so that every call begins with an empty one.
"""

import array
import dataclasses
import fcntl
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import termios
import time

import entries
import ways
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
    queued: list     # entries.Entry of all that is in new/ or, by the socket, in cur/
    leftovers: list  # names in tmp/ or work/
    statuses: list   # os.stat_result of the files of `queued`

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
        self.mailchute = Mailchute(self.directory, port=1, tls="none", settings=settings, start=False)
        self.spool, self.config = self.mailchute.spool, self.mailchute.config_file
        self._seen = self.spool  # where this test sees what is in the queue
        self._drafts, self._queued = ("work", "cur") if ways.BY_SOCKET else ("tmp", "new")
        if ways.BY_SOCKET:
            self._start()
        # Where it is installed: any user can reach it there, which a build tree does not promise.
        self.bin = self.directory / "usr/sbin"
        self.bin.mkdir(parents=True)
        (self.directory / "usr").chmod(0o755)
        self.bin.chmod(0o755)
        self.sendmail = self.bin / "sendmail"
        shutil.copy(self.mailchute.program("sendmail"), self.sendmail)
        self.sendmail.chmod(0o755)

    def _start(self):
        # The first message finds out that nobody is there, and then the smart host is left alone for a day.
        self.mailchute.configure({"retry": {"first": 86400, "longest": 86400}})
        self.mailchute.start()
        self.mailchute.wait_for_socket()
        behind = self.directory / "behind"
        try:
            ways.enter(self.spool, behind)
        except BaseException:
            self.mailchute.stop()
            raise
        self._seen = behind if behind.exists() else self.spool

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mailchute.stop()
        if self._seen != self.spool:
            subprocess.run(["umount", self._seen, *[self.spool] * (ways.WAY in ("read-only", "only-socket"))])
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

    def wait_until_begun(self, process):
        """sendmail has begun when its file is there, made before the message is read; what goes by the socket is in
        memory at first: it has begun when it waits for more."""
        deadline = time.monotonic() + 30
        while not (_waits_for_input(process) if ways.BY_SOCKET else any((self.spool / "tmp").iterdir())):
            assert time.monotonic() < deadline, "not begun"
            time.sleep(0.002)

    def outcome(self, status, out=b"", err=b""):
        """What the queue looks like now; it is empty afterwards."""
        drafts, queued = self._files()
        # The daemon sees a moment later that somebody has gone in the middle.
        deadline = time.monotonic() + 30
        while ways.BY_SOCKET and drafts and time.monotonic() < deadline:
            time.sleep(0.002)
            drafts, queued = self._files()
        done = Done(status, out, err, [entries.read(path) for path in queued], [path.name for path in drafts],
                    [path.stat() for path in queued])
        for path in drafts + queued:
            path.unlink()
        return done

    def _files(self):
        return tuple(sorted((self._seen / folder).iterdir()) for folder in (self._drafts, self._queued))


def _waits_for_input(process):
    """The program has been started, has used up what there was to read, and sleeps."""
    unread = array.array("i", [0])
    try:
        program = os.readlink(f"/proc/{process.pid}/exe")
        asleep = re.search(r"^State:\s+S", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.M)
    except OSError:
        return False
    if process.stdin:
        fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
    return program.endswith("sendmail") and asleep and not unread[0]
