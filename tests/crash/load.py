# SPDX-License-Identifier: GPL-3.0-or-later
"""Sixty messages, submitted while mailchuted is killed at random moments, to a smart host that is slow and moody.

Killed are in turn the worker alone (its keeper starts another), the keeper alone (its worker finishes what it has in
hand), and both at once. SEED=N repeats a run as far as chance is concerned.
"""

import bisect
import collections
import dataclasses
import fcntl
import os
import pathlib
import random
import re
import signal
import tempfile
import threading
import time

from daemon import wait_until
from expected import difference, expected
from mailchute import Mailchute
from report import case
from scripted import HANGUP, Pause, ScriptedServer

MESSAGES = 60
SUBMITTERS = 3
SENDER, RECIPIENT = "me@example.org", "you@example.org"


class MoodyServer(ScriptedServer):
    """Takes everything in the end."""

    def __init__(self, seed):
        self._chance, self._turn = random.Random(seed), threading.Lock()
        super().__init__({"rcpt": self._rcpt, "message": self._message})

    def _draw(self):
        with self._turn:
            return self._chance.random()

    def _rcpt(self, *_):
        return "450 4.2.1 later" if self._draw() < 0.05 else None

    def _message(self, *_):
        mood = self._draw()
        if mood < 0.05:
            return "451 4.3.0 later"
        return HANGUP if mood < 0.08 else (Pause(0.1 * self._draw()), None)


@dataclasses.dataclass
class Kill:
    when: float
    who: str


class Load:
    def __init__(self, place, server, kills, seed):
        self.place, self.server, self.chance = place, server, random.Random(seed)
        self.planned, self.kills, self.texts, self.failures = kills, [], {}, []
        self.progress = threading.Condition()
        self.numbers = iter(range(MESSAGES))
        for number in range(MESSAGES):
            lines = self.chance.randrange(1, 3000)
            self.texts[number] = b"Subject: token-%d\n\n" % number + b"%d lines, of which this is one\n" % lines * lines

    def run(self):
        submitters = [threading.Thread(target=self._submit) for _ in range(SUBMITTERS)]
        for submitter in submitters:
            submitter.start()
        try:
            self.place.start()
            while len(self.kills) < self.planned:
                self._kill(("worker", "keeper", "both")[len(self.kills) % 3])
        finally:
            with self.progress:
                self.planned = len(self.kills)  # so that nobody waits for more
                self.progress.notify_all()
            for submitter in submitters:
                submitter.join()

    # --- submitting, in step with the killing

    def _submit(self):
        while True:
            with self.progress:
                number = next(self.numbers, None)
                if number is None:
                    return
                self.progress.wait_for(lambda: len(self.kills) >= min(self.planned, number * self.planned // MESSAGES))
            done = self.place.sendmail(self.texts[number], "-i", "-f", SENDER, RECIPIENT)
            if done.returncode != 0:
                self.failures.append(f"message {number}: {done}")

    # --- killing

    def _kill(self, who):
        worker = self._worker()
        time.sleep(0.15 * self.chance.random())  # a moment as good as any other
        now = time.monotonic()
        if who == "worker":
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: not self.place.running() or self.place.workers() not in ([], [worker]), "another worker")
        elif who == "keeper":
            self.place.kill_keeper()
        else:
            self.place.kill()
        if not self.place.running():  # also where it was not yet done with its start, and gave up
            self.place.kill()
            self._wait_for_lock()
            self.place.start()
        with self.progress:
            self.kills.append(Kill(now, who))
            self.progress.notify_all()

    def _wait_for_lock(self):
        """A process that ends closes its log first, by which we notice, and the lock a moment later."""
        with open(self.place.spool / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def _worker(self):
        workers = []
        wait_until(lambda: workers.extend(self.place.workers()) or workers, "a worker")
        return workers[0]

    # --- what has come of it

    def wait_for_all(self):
        arrived = self.server.wait_for(lambda _: len(set(self.copies())) == MESSAGES, timeout=120)
        assert arrived, f"lost: {sorted(set(range(MESSAGES)) - set(self.copies()))}"
        wait_until(lambda: not self.place.entries(), "the queue is empty")

    def copies(self):
        """number -> sessions in which it was accepted"""
        found = collections.defaultdict(list)
        for message in self.server.accepted():
            found[int(re.search(rb"^Subject: token-(\d+)\r$", message.data, re.M)[1])].append(message.session)
        return found

    def check_text(self):
        for message in self.server.accepted():
            arrived = message.data.replace(b"\r\n", b"\n")
            number = int(re.search(rb"^Subject: token-(\d+)$", arrived, re.M)[1])
            torn = difference(expected(self.texts[number], RECIPIENT, uid=os.getuid(), sender=SENDER,
                                       hostname="client.example.org"), arrived)
            assert not torn, f"message {number}: {torn}"

    def duplicates(self, connections):
        """Each copy but the last had been sent in a life that was ended by a kill, and no life has more of them than
        connections."""
        ends = [kill.when for kill in self.kills]
        again = collections.Counter()
        for number, sessions in self.copies().items():
            lives = sorted(bisect.bisect(ends, session.opened) for session in sessions)
            assert len(set(lives)) == len(lives), f"message {number} was sent twice in one life: {lives}"
            again.update(lives[:-1])
        for life, count in again.items():
            assert count <= connections, f"{count} messages sent again after kill {life}, {self.kills[life]}"
            assert self.kills[life].who != "keeper", f"a worker that could finish its work did not: kill {life}"
        return sum(again.values())


def try_load(kills, connections):
    seed = int(os.environ.get("SEED", random.randrange(2 ** 32)))
    name = f"{MESSAGES} of {MESSAGES} delivered through {kills} kills, {connections} connection(s) at once"
    with case(name), tempfile.TemporaryDirectory(prefix="mailchute-load-") as folder, MoodyServer(seed) as server:
        print(f"# SEED={seed}", flush=True)
        with Mailchute(pathlib.Path(folder), port=server.port, tls="none", start=False, settings={
                "sync_every": 1, "smart_host": {"connections": connections}}) as place:
            load = Load(place, server, kills, seed)
            load.run()
            assert not load.failures, load.failures
            load.wait_for_all()
            load.check_text()
            again = load.duplicates(connections)
            print(f"# {len(load.kills)} kills: {len(server.sessions)} connections, {len(server.messages)} messages sent "
                  f"to their end, {len(server.accepted())} accepted, of which {again} again after a kill", flush=True)
