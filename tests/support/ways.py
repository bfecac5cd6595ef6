# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into the queue. MAILCHUTE_WAY says which one a test's submissions take:

    drop         the drop directory, with no daemon (where the variable is not set)
    socket       the drop directory is closed by its setting
    read-only    what submits sees the spool mounted read-only, and gets no new privileges
    only-socket  what submits sees nothing of the spool, which is hidden by an empty file system

    sys.exit(ways.run("read-only", "20-contract", ...))   runs these tests that way
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys

from report import Skip

WAY = os.environ.get("MAILCHUTE_WAY", "drop")
BY_SOCKET = WAY != "drop"
_CLONE_NEWNS, _PR_SET_NO_NEW_PRIVS = 0x20000, 38
_E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"


def run(way, *tests):
    """Each case of the tests is a case here, under their name."""
    failed = 0
    for test in tests:
        process = subprocess.Popen([_E2E / test / "run"], env=os.environ | {"MAILCHUTE_WAY": way},
                                   stdout=subprocess.PIPE, text=True, errors="replace")
        for line in process.stdout:
            print(re.sub(r"^(ok|not ok|skip) ", rf"\1 {test}: ", line), end="", flush=True)
        status = process.wait()
        if status not in (0, 77):
            failed = 1
            print(f"not ok {test} - exit status {status}", flush=True)
    return failed


def settings():
    """What the configuration says more for this way."""
    return {"drop_directory": False} if WAY == "socket" else {}


def enter(spool, behind):
    """From now on this process and what it starts see the spool as WAY says, and all of it at `behind`."""
    if WAY not in ("read-only", "only-socket"):
        return
    if os.geteuid() != 0:
        raise Skip("mounts need root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise Skip("no mount namespaces here: " + os.strerror(ctypes.get_errno()))
    behind.mkdir()
    _mount("--make-rprivate", "/")
    _mount("--bind", spool, behind)
    if WAY == "read-only":
        _mount("--bind", spool, spool)
        _mount("-o", "remount,ro,bind", spool)
        assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    else:
        _mount("-t", "tmpfs", "-o", "ro", "tmpfs", spool)


def _mount(*words):
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("cannot mount: " + done.stderr)
