# SPDX-License-Identifier: GPL-3.0-or-later
"""`sendmail -bs` killed before a system call, or told there that it has failed, in the middle of a session.

A session carries two messages, all of it said at once. What was answered with "250 2.0.0 Queued as ID" is in the queue
under that id; what was not is there whole or not at all. Each message has a mark of its own, by which its entry is found.
"""

import collections
import contextlib
import pathlib
import re
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor

import daemon
import entries
import sweep
from delivery_sweep import spread
from mailchute import Mailchute
from report import case, finish

SMALL, LARGE = 20, 6600  # lines
LINE = b"a line of the three hundred kilobytes of them\r\n"
QUEUED = re.compile(rb"^250 2\.0\.0 Queued as ([0-9A-Z]{26})\r$", re.M)
FULL = ("ENOSPC", "EDQUOT")


def body(lines):
    return LINE * lines + b"..a dot in front\r\n"


def envelope(number):
    return b"MAIL FROM:<me@example.org>\r\nRCPT TO:<you%d@example.org>\r\n" % number


def by_data(number, text):
    return envelope(number) + b"DATA\r\n" + text + b".\r\n"


def by_chunks(number, text):
    text = text.replace(b"\r\n..", b"\r\n.")
    pieces = [text[at:at + 100_000] for at in range(0, len(text), 100_000)]
    chunks = [b"BDAT %d%s\r\n" % (len(piece), b" LAST" * (piece is pieces[-1])) + piece for piece in pieces]
    return envelope(number) + b"".join(chunks)


# name -> how each message is sent, and its lines
SESSIONS = {
    "two small messages": [(by_data, SMALL), (by_data, SMALL)],
    "a large message and a small one": [(by_data, LARGE), (by_chunks, SMALL)],
    "a small message and a large one in chunks": [(by_data, SMALL), (by_chunks, LARGE)],
}


def command(place):
    return [str(place.program("sendmail")), "-C", str(place.config_file), "-bs"]


class Session:
    """One run; `place` may be that of others, too."""

    def __init__(self, place, file, messages, call=None, disturbance=None):
        self.place, self.messages, self.call, self.disturbance = place, messages, call, disturbance
        self.mark = file.name.encode()
        said = b"EHLO me\r\n" + b"".join(
            send(number, b"Subject: %s-%d\r\n\r\n" % (self.mark, number) + body(lines))
            for number, (send, lines) in enumerate(messages)) + b"QUIT\r\n"
        file.write_bytes(said)
        self.file = file

    def trace(self):
        return sweep.trace(command(self.place), self.file)

    def run(self):
        self.done = sweep.run(command(self.place), self.file, self.call, self.disturbance)
        return self

    def look(self, queue):
        """queue: {name: entries.Entry}, of which ours are taken note of."""
        self.queued = {}
        for number, (_, lines) in enumerate(self.messages):
            found = [name for name, entry in queue.items() if entry.headers(b"Subject") == [b"%s-%d" % (self.mark, number)]]
            assert len(found) <= 1, f"{self}: message {number} is there as {found}"
            for name in found:
                entry = queue[name]
                assert entry.sender == b"<me@example.org>" and entry.recipients == [b"<you%d@example.org>" % number], self
                assert entry.body == body(lines).replace(b"\r\n.", b"\r\n").replace(b"\r\n", b"\n"), f"{self}: torn"
                self.queued[number] = name
        self.promised = [name.decode() for name in QUEUED.findall(self.done.stdout)]
        missing = set(self.promised) - set(self.queued.values())
        assert not missing, f"{self}: lost, though promised: {missing}"

    @property
    def killed(self):
        return self.done.returncode == -signal.SIGKILL

    @property
    def unsaid(self):
        """What is queued and nobody was told."""
        return set(self.queued.values()) - set(self.promised)

    def check_killed(self):
        assert self.killed or (self.done.returncode == 0 and len(self.promised) == len(self.messages)), self
        assert len(self.unsaid) <= (1 if self.killed else 0), self  # its 250 was under way

    def check_failed(self):
        """An error on the queue's files: that message is refused, and said to be; the other one is taken."""
        assert not self.unsaid, self
        refused = re.findall(rb"^45[12] 4\.3\.0 ", self.done.stdout, re.M)
        assert len(self.promised) + len(refused) == len(self.messages) and len(refused) <= 1, self
        assert self.done.returncode == 0 and self.done.stdout.splitlines()[-1].startswith(b"221 "), self
        assert refused, f"{self}: the error was not met"
        if self.disturbance.removeprefix("error=") in FULL:
            assert refused[0].startswith(b"452 "), self

    def outcome(self):
        return f"{'killed' if self.killed else 'to the end'}, {len(self.queued)} queued, {len(self.promised)} promised"

    def __str__(self):
        return (f"{self.disturbance} at {self.call} ({self.call.text[:80]}): status {self.done.returncode}; "
                f"{self.done.stdout[-300:]!r}, {self.done.stderr[-200:]!r}")


# --- the ways in

class Drop:
    """Each session has a queue of its own, without a daemon."""
    name = "by the drop directory"

    def __init__(self, folder):
        self.folder = folder

    def place(self, name):
        return Mailchute(self.folder / name, port=1, start=False)

    def look(self, sessions):
        for session in sessions:
            session.look({path.name: entries.read(path) for path in session.place.entries()})
            drafts = session.place.entries("tmp")
            assert len(drafts) <= (1 if session.killed else 0), f"{session}: {drafts}"


class Socket:
    """All sessions have the same daemon, whose smart host is not there."""
    name = "by the socket"

    def __init__(self, shared):
        self.shared = shared

    def place(self, _):
        return self.shared

    def look(self, sessions):
        daemon.wait_until(lambda: not any((self.shared.spool / "work").iterdir()), "the daemon noticed that they are gone")
        queue = {path.name: entries.read(path) for path in self.shared.entries()}
        for session in sessions:
            session.look(queue)


@contextlib.contextmanager
def ways(folder):
    settings = {"drop_directory": False, "retry": {"first": 86400, "longest": 86400}}
    with Mailchute(folder / "socket", port=1, tls="none", settings=settings) as shared:
        yield Drop(folder), Socket(shared)


# --- the sweep

def side_by_side(way, folder, messages, jobs):
    """[(call, disturbance)] -> sessions that are over."""
    base = pathlib.Path(tempfile.mkdtemp(dir=folder))
    base.chmod(0o711)

    def session(number):
        return Session(way.place(f"{base.name}/place-{number}"), base / f"{base.name}-{number}", messages, *jobs[number]).run()
    with ThreadPoolExecutor(sweep.at_once()) as pool:
        done = list(pool.map(session, range(len(jobs))))
    way.look(done)
    return done


def tell(title, done):
    outcomes = collections.Counter(session.outcome() for session in done)
    print(f"# {title}: " + "; ".join(f"{count} x {outcome}" for outcome, count in sorted(outcomes.items())), flush=True)
    return outcomes


def kills(way, name, folder, messages, sample, shift):
    title = f"{name}, {way.name}"
    calls = Session(way.place(f"trace-{shift}"), folder / f"trace-{way.name}-{shift}", messages).trace()
    chosen = spread(calls, sample, shift)
    with case(f"{title}: killed before {len(chosen)} of {len(calls)} system calls"):
        done = side_by_side(way, folder, messages, [(call, "signal=KILL") for call in chosen])
        for session in done:
            session.check_killed()
        outcomes = tell(f"{title}, killed", done)
    if chosen == calls:
        with case(f"{title}: the kills have met every state"):
            for state in ((0, 0), (1, 0), (1, 1), (2, 1)):
                assert outcomes["killed, %d queued, %d promised" % state], outcomes
    return calls


def errors(way, name, folder, messages, calls, sample, shift):
    title = f"{name}, {way.name}"
    on_spool = [call for call in calls if re.search("/spool[>/\"]", call.text) and call.name != "close"]
    jobs = spread([(call, f"error={error}") for call in on_spool for error in ("EIO", "EACCES", *FULL)], sample, shift)
    with case(f"{title}: {len(jobs)} times a call on the spool failed: that message is refused, the other one is taken"):
        done = side_by_side(way, folder, messages, jobs)
        for session in done:
            session.check_failed()
        tell(f"{title}, failed", done)


def main(sample):
    """sample: of how many calls of each session; None: of all."""
    sweep.require_strace()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-pipe-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with ways(folder) as (drop, socket):
            for shift, (name, messages) in enumerate(SESSIONS.items()):
                calls = kills(drop, name, folder, messages, sample, shift)
                errors(drop, name, folder, messages, calls, sample and sample // 2, shift)
                kills(socket, name, folder, messages, sample, shift)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
