# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program as many times as it makes system calls, and disturbs another call each time.

    calls = trace(command, stdin)                      what an undisturbed run does, in order
    run(command, stdin, calls[12], "signal=KILL")      killed before it could make that call
    run(command, stdin, calls[12], "error=EIO")        told that the call has failed; it is not made

strace counts the calls of each name by themselves, so a call is a name and a number. The kernel skips a call at whose
entry a fatal signal comes: a kill at call n leaves what call n - 1 left.
"""

import collections
import dataclasses
import os
import re
import shutil
import subprocess
import tempfile

from report import Skip

_LINE = re.compile(r"(?:\d+ +)?([a-z_0-9]+)\((.*)")


@dataclasses.dataclass(frozen=True)
class Call:
    name: str
    nth: int   # among the calls of this name
    text: str  # arguments, with the paths of descriptors, and the result

    def __str__(self):
        return f"{self.name} {self.nth}"


def require_strace():
    if not shutil.which("strace"):
        raise Skip("needs strace")
    trial = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "inject=getcwd:error=EIO:when=1", "true"],
                           capture_output=True, text=True)
    if trial.returncode != 0:
        raise Skip("strace may not trace here: " + trial.stderr)


def trace(command, stdin):
    """All calls after the first execve."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as log, open(stdin, "rb") as text:
        subprocess.run(["strace", "-f", "-y", "-s", "200", "-o", log.name, *command], stdin=text, check=True,
                       capture_output=True, timeout=60)
        return calls_in(log)[1:]


def calls_in(log):
    """What strace has written of one process: its lines as calls."""
    seen = collections.Counter()
    calls = []
    for match in filter(None, map(_LINE.match, log)):
        seen[match[1]] += 1
        calls.append(Call(match[1], seen[match[1]], match[2]))
    return calls


def run(command, stdin, call, disturbance):
    """subprocess.CompletedProcess; strace ends the way its program ended."""
    with open(stdin, "rb") as text:
        return subprocess.run(
            ["strace", "-f", "-o", "/dev/null", *injection(call, disturbance), *command], stdin=text,
            capture_output=True, timeout=120)


def injection(call, disturbance):
    """Options for strace."""
    return ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{disturbance}:when={call.nth}"]


def at_once():
    """How many runs side by side a machine bears that has other things to do."""
    return max(2, len(os.sched_getaffinity(0)))
