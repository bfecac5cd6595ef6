# SPDX-License-Identifier: GPL-3.0-or-later
"""What real mail servers as smart hosts have in common (postfix.py, exim.py, dovecot.py, opensmtpd.py)."""

import os
import pathlib
import shutil

import maildir
from namespace import Namespace
from ports import free_port

REFUSED = {"bad@example.org": "550 5.1.1 no such user here", "later@example.org": "451 4.2.0 try again later"}


class SmartHost:
    """A server of Debian's packages, unpacked and in a namespace of its own, which keeps all that it has in `name`.

    port speaks STARTTLS, tls_port TLS from the first octet (None without `tls`); `command` runs it in the foreground.
    What arrives ends in one Maildir. stop() and start() keep ports and mail.
    """

    def __init__(self, tmpdir, name, packages, command, tls=True):
        self._home = pathlib.Path(tmpdir).resolve() / name
        self._namespace = Namespace(self._home, *packages)
        self._command = command
        self._queues = []  # its folders with messages
        self.maildir = self._home / "maildir"
        self.port, self.tls_port = free_port(), free_port() if tls else None
        shutil.rmtree(self._home, ignore_errors=True)
        (self._home / "etc").mkdir(parents=True)
        self._home.chmod(0o755)  # bound to /mnt, where the server's users must get in

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # --- what a test asks

    def deliveries(self):
        """[(reverse-path, recipient, message)]: as received, without the fields that this server put on top."""
        raise NotImplementedError

    def messages(self):
        return [message for _, _, message in self.deliveries()]

    def wait_for(self, n, timeout=30):
        """Waits until n messages are delivered; False when the time is up."""
        return maildir.wait_for(self.maildir, n, timeout, folders=("new",))

    def idle(self):
        """Whether its queue is empty. A message that was delivered is there a moment longer, and comes once more if
        the server is killed then."""
        return not any(files for folder in self._queues for _, _, files in os.walk(folder))

    def log(self):
        return "".join(path.read_text(errors="replace") for path in self._logs() if path.exists())

    # --- life

    def start(self):
        try:
            self._namespace.start(*self._command, ports=[self.port] + [self.tls_port] * bool(self.tls_port))
        except RuntimeError as error:
            raise RuntimeError(f"{error} {self.log()}") from None

    def stop(self):
        """Kills it, as a power cut would; what it has is on disk."""
        self._namespace.stop()

    # --- for those who make one

    def _logs(self):
        raise NotImplementedError

    def _install(self, certificate):
        """(certfile, keyfile) as etc/cert.pem and etc/key.pem."""
        for source, name in zip(certificate, ("cert.pem", "key.pem")):
            shutil.copyfile(source, self._home / "etc" / name)
