# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of another package, run from its unpacked tree (peers.py) in mount and PID namespaces of its own.

There the tree is laid over /usr, and `home`/usr over both; `home`/etc over /etc (so that users can be added and the
program finds its configuration where it expects it); `home`/var, if there is one, is /var; and `home` itself is /mnt.
When the namespace's first process dies, the kernel kills all the others before wait() returns.
"""

import os
import pathlib
import signal
import subprocess
import time

import peers
from report import Skip

# Exit status 77 from here: the machine does not allow what is needed (a container without privileges).
_START = """
mount -t overlay overlay -o "ro,nosuid,lowerdir=$2/usr:$1:/usr" /usr || exit 77
mount -t overlay overlay -o "ro,lowerdir=$2/etc:/etc" /etc || exit 77
mount --bind "$2" /mnt || exit 77
[ ! -d "$2/var" ] || mount --bind "$2/var" /var || exit 77
cd /mnt && shift 2 && "$@"
exit $?
"""


class Namespace:
    def __init__(self, home, *packages):
        if os.geteuid() != 0:
            raise Skip("running other mail servers needs root")
        self.root = peers.fetch(*packages)
        self._home, self._process = pathlib.Path(home), None

    def start(self, *command, ports=()):
        """Starts it and waits until it listens on the ports."""
        # If the test itself is killed, unshare dies with it (pdeathsig), and all the rest with unshare. The shell
        # stays as the first process: Postfix's master changes its effective user now and then, and with that the
        # kernel forgets that it was to die with its parent.
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             *self._inside(command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            cwd="/", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
        deadline = time.monotonic() + 20
        while not all(map(_listens, ports)):
            if self._process.poll() is not None:
                self._explain(command[0])
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{command[0]} does not listen")
            time.sleep(0.005)

    def command(self, *command):
        """What runs it in a namespace alike."""
        return ["unshare", "--mount", *self._inside(command)]

    def _inside(self, command):
        for name in ("etc", "usr"):
            (self._home / name).mkdir(parents=True, exist_ok=True)
        return ["/bin/sh", "-c", _START, "sh", str(self.root / "usr"), str(self._home), *map(str, command)]

    def run(self, *command, input=None):
        """Runs it to its end."""
        done = subprocess.run(self.command(*command), input=input, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode == 77 or done.stdout.startswith("unshare:"):
            raise Skip("no namespaces here: " + done.stdout.strip())
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}")

    def stop(self):
        """Kills all, as a power cut would; what is on disk is there for the next start()."""
        if self._process is None:
            return
        # Killing the namespace's first process and not unshare: unshare then ends only when all are gone.
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        try:
            victims = [int(pid) for pid in children.read_text().split()]
        except OSError:
            victims = []
        for pid in victims or [self._process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait()
        self._process.stderr.close()
        self._process = None

    def _explain(self, name):
        status, text = self._process.wait(), self._process.stderr.read()
        self._process.stderr.close()
        self._process = None
        if status == 77 or text.startswith("unshare:"):
            raise Skip("no namespaces here: " + text.strip())
        raise RuntimeError(f"{name} ended at start: {status} {text}")


def add_users(etc, users):
    """Writes etc/passwd and etc/group: the machine's own, and {name: id} with a group of the same name each."""
    for file, line in ("passwd", "{0}:x:{1}:{1}::/:/usr/sbin/nologin"), ("group", "{0}:x:{1}:"):
        keep = [old for old in pathlib.Path("/etc", file).read_text().splitlines() if old.split(":")[0] not in users]
        keep += [line.format(name, number) for name, number in users.items()]
        (etc / file).write_text("\n".join(keep) + "\n")


def _listens(port):
    """Asked of the kernel: trying to connect would leave strange sessions in the log."""
    table = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in map(str.split, table))
