# SPDX-License-Identifier: GPL-3.0-or-later
"""One life of mailchuted of whose processes one is disturbed at one of its system calls.

    calls = trace("worker", place, is_over)                       what an undisturbed worker does, in order
    disturb("worker", place, is_over, calls[12], "signal=KILL")   killed before it could make that call
    disturb("worker", place, is_over, calls[12], "error=EIO")     told that the call has failed

A life ends by itself, or by SIGTERM when is_over() says so; nothing of it runs afterwards. Of the worker is counted
from the queue's lock on: a lease holds it up there until strace has attached. Its keeper is stopped meanwhile, so that
it starts no second one. Where the "keeper" is disturbed, its worker is not, and may finish what it has in hand.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import tempfile
import time

import control
import sweep

signal.signal(signal.SIGIO, signal.SIG_IGN)  # tells that a lease is to be given up; Gate asks


def wait_until(condition, what, timeout=30):
    """Other processes decide, and the file system shows: so this polls."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s")
        time.sleep(0.002)


def ask(place, request):
    """control.ask() of a daemon that may still be starting."""
    answer = []

    def answered():
        try:
            answer[:] = control.ask(place, request)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True
    wait_until(answered, f"an answer to {request}")
    return answer


class Gate:
    """Whoever opens the file for writing waits until the gate is opened (fcntl(2), leases)."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        owner = path.parent.stat()
        os.fchown(self._fd, owner.st_uid, owner.st_gid)
        fcntl.fcntl(self._fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)

    def reached(self):
        return fcntl.fcntl(self._fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def open(self):
        if self._fd is not None:
            fcntl.fcntl(self._fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            os.close(self._fd)
        self._fd = None


def worker_of(place):
    """[pid], or nothing while there is none."""
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{place.pid}/task/{place.pid}/children") as children:
        return [int(pid) for pid in children.read().split()[:1]]
    return []


@contextlib.contextmanager
def _traced(place, options):
    """(worker, its strace), with the worker about to take the lock."""
    gate = Gate(place.spool / "lock")
    place.start()
    try:
        wait_until(lambda: gate.reached() or not place.running(), "the worker takes the lock")
        worker, = worker_of(place)
        os.kill(place.pid, signal.SIGSTOP)
        tracer = subprocess.Popen(["strace", "-f", *options, "-p", str(worker)], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        with tracer:
            attached = tracer.stderr.readline()
            assert "attached" in attached, attached + tracer.stderr.read()
            gate.open()
            yield worker, tracer
    finally:
        gate.open()
        place.kill()


def _worker_life(place, is_over, options):
    with _traced(place, options) as (worker, tracer):
        try:
            wait_until(lambda: tracer.poll() is not None or is_over(), f"{options} ends or does its work")
        finally:
            os.kill(worker, signal.SIGTERM)  # its keeper is stopped and reaps nobody: the pid is still his
            try:
                tracer.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.kill(worker, signal.SIGKILL)


def _keeper_life(place, is_over, options):
    place.start(wrapper=["strace", *options])
    wait_until(lambda: not place.running() or is_over(), f"{options} ends or does its work")
    for keeper in worker_of(place) if place.running() else []:  # strace's child
        os.kill(keeper, signal.SIGTERM)
    place.kill_keeper()  # strace, if it still runs; whom it traced goes on


_LIVES = {"worker": _worker_life, "keeper": _keeper_life}


def trace(who, place, is_over):
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        _LIVES[who](place, is_over, ["-y", "-s", "200", "-o", log.name])
        return sweep.calls_in(log)


def disturb(who, place, is_over, call, disturbance):
    _LIVES[who](place, is_over, ["-o", "/dev/null", *sweep.injection(call, disturbance)])
