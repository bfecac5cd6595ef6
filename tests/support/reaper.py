#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""reaper.py COMMAND...: runs it, and ends with it all that it has started and left behind.

Daemons leave their session, but not this: orphans become children of the nearest subreaper (prctl(2)). SIGTERM, and the
end of who started this, end everything at once. Exits as the command does, by signal too.
"""

import ctypes
import os
import pathlib
import resource
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PYTHON_IGNORES = [signal.SIGPIPE, signal.SIGXFSZ]


def children():
    pid = os.getpid()
    return map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def end_all():
    """Whoever dies leaves his children to us, until there are none."""
    while True:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def wait_for(pid):
    """Its exit status; negative: a signal. The orphans that end before are taken leave of, too."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def leave(status):
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def main():
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        status = wait_for(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, setsigdef=PYTHON_IGNORES))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_all()
    leave(status)


main()
