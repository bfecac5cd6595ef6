# SPDX-License-Identifier: GPL-3.0-or-later
"""A message as people see it: mutt on a terminal, s-nail's print. Each makes what it needs in a folder that does not
exist yet and returns the text shown."""

import os
import pty
import select
import subprocess
import time

import peers


def mutt(folder, octets):
    for name in ("cur", "new", "tmp"):
        (folder / "box" / name).mkdir(parents=True)
    (folder / "Mail").mkdir()  # or mutt asks
    (folder / "box/new/1.1.host").write_bytes(octets.replace(b"\r\n", b"\n"))
    shown, pager = folder / "shown", folder / "pager"  # what mutt shows a message with
    pager.write_text(f'#!/bin/sh\ncat "$1" >{shown}\n')
    pager.chmod(0o755)
    root = peers.fetch("mutt")
    _in_a_terminal([str(root / "usr/bin/mutt"), "-n", "-F", "/dev/null", "-R", "-f", str(folder / "box"), "-e",
                    f"set prompt_after=no pager='{pager}'; push '<display-message><exit>'"], _surroundings(root, folder))
    return shown.read_text()


def s_nail(folder, octets):
    folder.mkdir(parents=True)
    mbox = folder / "mbox"
    mbox.write_bytes(b"From MAILER-DAEMON Mon Nov 23 01:00:00 2026\n" + octets.replace(b"\r\n", b"\n") + b"\n")
    root = peers.fetch("s-nail")
    done = subprocess.run([root / "usr/bin/s-nail", "-n", "-R", "-S", "pager=cat", "-f", mbox],
                          input="from 1\nprint 1\nexit\n", text=True, capture_output=True, timeout=60,
                          env=_surroundings(root, folder))
    return done.stdout


def _surroundings(root, home):
    libraries = ":".join(str(path) for path in (root / "usr/lib").glob("*-linux-gnu*"))
    return {"PATH": f"{root}/usr/bin:/usr/bin:/bin", "LD_LIBRARY_PATH": libraries, "HOME": str(home), "LC_ALL": "C.UTF-8",
            "TERM": "xterm", "TERMINFO_DIRS": f"/lib/terminfo:/usr/share/terminfo:{root}/usr/share/terminfo"}


def _in_a_terminal(command, environment):
    """Runs it to its end on a terminal of 80 columns; its output is thrown away."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                os.kill(pid, 9)
                raise AssertionError(f"{command[0]} does not end")
            try:
                if not os.read(terminal, 65536):
                    break
            except OSError:  # how a terminal ends
                break
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
