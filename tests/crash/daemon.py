# SPDX-License-Identifier: GPL-3.0-or-later
"""One life of mailchuted of whose processes one is disturbed at one of its system calls.

    calls = trace("worker", place, is_over)                       what an undisturbed worker does, in order
    disturb("worker", place, is_over, calls[12], "signal=KILL")   killed before it could make that call
    disturb("worker", place, is_over, calls[12], "error=EIO")     told that the call has failed

A life ends by itself, or by SIGTERM when is_over() says so; nothing of it runs afterwards. The worker is traced from
the moment it was made, so that counting begins at the same call each time: a lease on the queue's lock holds up the
keeper until it is watched, and its child is stopped at its birth. The keeper is not allowed to make another one. Where
the "keeper" is disturbed, its worker is not, and may finish what it has in hand.
"""

import contextlib
import ctypes
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


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_CONT, _DETACH, _GETEVENTMSG, _SEIZE = 7, 17, 0x4201, 0x4206
_TRACEFORK, _EVENT_FORK = 2, 1
_WALL = 0x40000000


def _ptrace(request, pid, data=0):
    if _libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def _stopped_child(parent, go):
    """The next child that the process makes, stopped before its first instruction. go(): lets the parent make it.

    Should it make another one, both stop there and then, for good."""
    _ptrace(_SEIZE, parent, _TRACEFORK)
    go()
    while True:
        _, status = os.waitpid(parent, _WALL)
        if not os.WIFSTOPPED(status):
            raise AssertionError(f"the keeper ended without a worker: {status:#x}")
        if status >> 16 == _EVENT_FORK:
            break
        _ptrace(_CONT, parent, os.WSTOPSIG(status) if status >> 16 == 0 else 0)
    child = ctypes.c_ulong()
    _ptrace(_GETEVENTMSG, parent, ctypes.addressof(child))
    os.waitpid(child.value, _WALL)
    os.kill(child.value, signal.SIGSTOP)
    _ptrace(_DETACH, child.value)
    _ptrace(_CONT, parent)
    return child.value


@contextlib.contextmanager
def _traced(place, options):
    """(worker, its strace), with the worker's life ahead of it."""
    gate = Gate(place.spool / "lock")
    place.start(wait=False)
    try:
        wait_until(lambda: gate.reached() or not place.running(), "the keeper takes the lock")
        worker = _stopped_child(place.pid, gate.open)
        tracer = subprocess.Popen(["strace", "-f", *options, "-p", str(worker)], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        with tracer:
            attached = tracer.stderr.readline()
            assert "attached" in attached, attached + tracer.stderr.read()
            os.kill(worker, signal.SIGCONT)
            yield worker, tracer
    finally:
        gate.open()
        place.kill()


def _end(place, worker, number):
    """The signal for the worker, if it is there: its keeper, once stopped, reaps nobody."""
    os.kill(place.pid, signal.SIGSTOP)
    if worker in place.workers():
        os.kill(worker, number)


def _worker_life(place, is_over, options):
    with _traced(place, options) as (worker, tracer):
        try:
            wait_until(lambda: tracer.poll() is not None or is_over(), f"{options} ends or does its work")
        finally:
            _end(place, worker, signal.SIGTERM)
            try:
                tracer.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.kill(worker, signal.SIGKILL)


def _keeper_life(place, is_over, options):
    place.start(wrapper=["strace", *options])
    wait_until(lambda: not place.running() or is_over(), f"{options} ends or does its work")
    for keeper in place.workers() if place.running() else []:  # strace's child
        os.kill(keeper, signal.SIGTERM)
    place.kill_keeper()  # strace, if it still runs; whom it traced goes on


_LIVES = {"worker": _worker_life, "keeper": _keeper_life}


def trace(who, place, is_over):
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        _LIVES[who](place, is_over, ["-y", "-s", "200", "-o", log.name])
        return sweep.calls_in(log)


def disturb(who, place, is_over, call, disturbance):
    _LIVES[who](place, is_over, ["-o", "/dev/null", *sweep.injection(call, disturbance)])
