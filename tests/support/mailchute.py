# SPDX-License-Identifier: GPL-3.0-or-later
"""mailchuted and sendmail out of the build tree, with a spool, a configuration and a log of their own."""

import atexit
import functools
import grp
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

import control
import peers
import ways
from report import Skip

# The table in src/queue/layout.h: anyone may drop into the first two, the others are the daemon's.
_QUEUE = {"tmp": 0o3733, "new": 0o3733, "cur": 0o700, "held": 0o700, "failed": 0o700, "work": 0o700, "info": 0o700}


def libconfig(settings, indent=""):
    """Serialises a dict: dict -> group, list -> array, or list of groups, str, bool, int. None leaves a key out."""
    return "".join(f"{indent}{key} = {_value(value, indent)};\n"
                   for key, value in settings.items() if value is not None)


def _value(value, indent):
    if isinstance(value, dict):
        return "{\n" + libconfig(value, indent + "  ") + indent + "}"
    if isinstance(value, (list, tuple)) and any(isinstance(one, dict) for one in value):
        return "(" + ", ".join(_value(one, indent) for one in value) + ")"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(one, indent) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -2**31 <= value < 2**31 else f"{value}L"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def merged(settings, changes):
    """A copy with the changes put in, group by group."""
    result = dict(settings)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return result


@functools.cache
def _programs(build):
    """The programs where every user can start them: a clone below /root is closed to the others."""
    if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in (build, *build.parents)):
        return build
    copies = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-bin-"))
    atexit.register(shutil.rmtree, copies, ignore_errors=True)
    copies.chmod(0o755)
    for name in ("sendmail", "mailchuted", "mailchute"):
        if (build / name).exists():
            shutil.copy(build / name, copies)
    return copies


class Mailchute:
    """with Mailchute(tmpdir, port=p.port, ca_file=ca.file, user="web1@example.org", password="secret") as m: ...

    `user`/`password` are for AUTH; settings={...} is merged into the configuration below (None removes a key).
    start=False prepares all and starts nothing. As root the daemon becomes `run_as`.
    """

    def __init__(self, tmpdir, *, port, host="localhost", tls="starttls", ca_file=None, user=None, password=None,
                 settings=None, run_as=("nobody", "nogroup"), start=True):
        self.directory = pathlib.Path(tmpdir).resolve()
        self.spool, self.run = self.directory / "spool", self.directory / "run"
        self.config_file = self.directory / "mailchute.conf"
        self.log_file = self.directory / "mailchuted.log"
        self._password_file = self.directory / "password" if password is not None else None
        self._start, self._process, self._reader = start, None, None
        self._lines, self._begun, self._changed = [], b"", threading.Condition()
        self._run_as = run_as if os.geteuid() == 0 else (None, None)
        self._make_folders()
        if self._password_file:
            self.write_password(password)
        # The one place that knows the keys.
        self.settings = merged({
            "queue_directory": self.spool,
            "run_directory": self.run,
            "hostname": "client.example.org",
            "aliases": "",  # those of the machine are not the test's
            "log": "stderr",
            "user": self._run_as[0],
            "group": self._run_as[1],
            "smart_host": {
                "host": host,
                "port": port,
                "tls": tls,
                "ca_file": ca_file,
                "user": user,
                "password_file": self._password_file,
            },
            "retry": {"first": 1, "longest": 2},
        }, merged(ways.settings(), settings or {}))
        self.configure({})

    def __enter__(self):
        if self._start:
            self.start()
        return self

    def __exit__(self, trouble, *_):
        self.stop()
        if trouble and not issubclass(trouble, Skip):
            print(f"# log of {self.directory}:\n{self.log()[-20000:]}", file=sys.stderr, flush=True)

    # --- preparation

    def configure(self, changes):
        """Merges changes into the configuration and writes it; reload() makes the daemon read it."""
        self.settings = merged(self.settings, changes)
        self.config_file.write_text(libconfig(self.settings))

    def write_password(self, password):
        self._password_file.write_text(password + "\n")
        self._own(self._password_file, 0o600)  # the daemon's user may own it; it reads it again at each reload

    def password_file(self, name, password):
        """Another one, beside the configuration."""
        path = self.directory / name
        path.write_text(password + "\n")
        self._own(path, 0o600)
        return path

    def _make_folders(self):
        # mkdtemp makes 0700, behind which neither the daemon's user nor other submitters could reach anything.
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(stat.S_IMODE(self.directory.stat().st_mode) | 0o111)
        for folder in (self.spool, self.run):
            folder.mkdir(exist_ok=True)
            self._own(folder, 0o755)
        for name, mode in _QUEUE.items():
            (self.spool / name).mkdir(exist_ok=True)
            self._own(self.spool / name, mode)

    def _own(self, path, mode):
        user, group = self._run_as
        if user:
            os.chown(path, pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)
        path.chmod(mode)  # after chown, which may clear set-group-id

    # --- the daemon

    def start(self, wrapper=(), wait=True, pass_fds=()):
        """Starts mailchuted in the foreground; wrapper: a command in front of it (strace, valgrind). Where nothing
        can be submitted before it listens, waits for that, unless told not to."""
        self._process = subprocess.Popen(
            [*wrapper, self.program("mailchuted"), "-C", self.config_file], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, pass_fds=pass_fds)
        os.set_blocking(self._process.stderr.fileno(), False)
        self._reader = threading.Thread(target=self._read_log, args=(self._process.stderr.fileno(),), daemon=True)
        self._reader.start()
        if wait and not self.settings.get("drop_directory", True):
            self.wait_for_socket()

    def wait_for_socket(self, timeout=30):
        """Until submissions are taken there; the drop directory takes them at any time. The sockets are the keeper's, and
        there earlier: a worker has begun when it answers."""
        deadline = time.monotonic() + timeout
        while self.running() and not self._answers():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.005)

    def _answers(self):
        try:
            return control.status(self)
        except (OSError, AssertionError):  # nobody there, or no longer
            return False

    def stop(self, timeout=30):
        """SIGTERM, then waits. Returns the exit status; None if it was not running, or had to be killed."""
        if not self._process:
            return None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        self.kill()
        return status

    def kill(self):
        """SIGKILL for the keeper, its worker and its helpers, at once."""
        if not self._process:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._reader.join()  # the pipe ends with the last process that holds it
        self._process.stderr.close()
        self._process = None

    def kill_keeper(self):
        """SIGKILL for the keeper alone; returns when its worker has done what it does then, and is gone."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self.kill()

    def reload(self):
        self._process.send_signal(signal.SIGHUP)

    @property
    def pid(self):
        return self._process.pid

    def workers(self):
        """Their pids; the keeper has no other children."""
        try:
            return [int(pid) for pid in pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []

    def running(self):
        return self._process is not None and self._process.poll() is None

    # --- its log

    def log(self):
        """All that was said until now: what is still in the pipe, too."""
        self._take_lines()
        with self._changed:
            return "".join(self._lines)

    def wait_for_log(self, regex, timeout=30, count=1):
        """Waits for the count-th line that matches, from the first start on; the match, or None."""
        def find():
            found = [match for line in self._lines if (match := re.search(regex, line))]
            return found[count - 1] if len(found) >= count else None
        with self._changed:
            return self._changed.wait_for(find, timeout)

    def _read_log(self, pipe):
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        ended = False
        while not ended:
            ready.poll()
            ended = self._take_lines()

    def _take_lines(self):
        """What the pipe has, without waiting for more; True at its end."""
        with self._changed:
            octets = b"more"
            while self._process and octets:
                try:
                    octets = os.read(self._process.stderr.fileno(), 1 << 16)
                except BlockingIOError:
                    return False
                *lines, self._begun = (self._begun + octets).split(b"\n")
                lines = [line + b"\n" for line in lines]
                if not octets:  # cut short by a kill
                    lines, self._begun = [self._begun], b""
                with open(self.log_file, "ab") as copy:
                    copy.writelines(lines)
                self._lines += [line.decode("utf-8", "replace") for line in lines]
                self._changed.notify_all()
            return True

    # --- submission

    @staticmethod
    def program(name):
        return _programs(peers.build_directory()) / name

    def sendmail(self, message, *arguments, user=None, env=None, timeout=60):
        """Pipes the octets into sendmail; subprocess.CompletedProcess with bytes. user: submits as that user."""
        identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        return subprocess.run([self.program("sendmail"), "-C", self.config_file, *arguments], input=message,
                              capture_output=True, env=env, timeout=timeout, **identity)

    def mailq(self, *arguments, timeout=60):
        return subprocess.run([self.program("sendmail"), "-C", self.config_file, "-bp", *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def entries(self, *folders):
        """Paths of the queue's files, by default in all folders that hold messages."""
        folders = folders or ("new", "cur", "held", "failed")
        return sorted(path for name in folders for path in (self.spool / name).iterdir() if path.is_file())
