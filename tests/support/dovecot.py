# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Dovecot submission service as the smart host, on 127.0.0.1, with STARTTLS, implicit TLS and AUTH; needs root.

Debian's unpacked package in a namespace of its own (namespace.py). The service takes each transaction through to a
relay while it goes on: `mailchute sink` unless a test brings its own.
"""

import os
import subprocess
import time

import maildir
import peers
from namespace import add_users
from smart_host import SmartHost, free_port

_USERS = {"dovecot": 64904, "dovenull": 64905}  # as Debian calls them

_CONFIGURATION = """\
protocols = submission
hostname = smarthost.example.org
base_dir = /mnt/run
state_dir = /mnt/state
log_path = /mnt/log
mail_location = maildir:~/mail
mail_uid = 65534
mail_gid = 65534
first_valid_uid = 1
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u /mnt/etc/users
}}
userdb {{
  driver = static
  args = home=/mnt/home
}}
ssl = required
ssl_cert = </mnt/etc/cert.pem
ssl_key = </mnt/etc/key.pem
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener submissions {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
{options}
"""


class Dovecot(SmartHost):
    """with Dovecot(tmpdir, ca, users={'web1@example.org': 'secret'}, submission_max_mail_size='1000') as d: ...

    relay_port: of another SMTP server to relay to; then messages() and wait_for() have nothing to tell. The rest are
    settings.
    """

    def __init__(self, tmpdir, ca, users, *, cert=None, relay_port=None, **options):
        super().__init__(tmpdir, "dovecot", ["dovecot-submissiond"], ("/usr/sbin/dovecot", "-F"))
        self._sink, self._sink_port = None, None
        if not relay_port:
            relay_port = self._sink_port = free_port()
        self._make_folders()
        etc = self._home / "etc"
        self._install(cert or ca.issue("localhost", "127.0.0.1"))
        (etc / "users").write_text("".join(f"{name}:{password}::::::\n" for name, password in users.items()))
        (etc / "dovecot/dovecot.conf").write_text(_CONFIGURATION.format(
            port=self.port, tls_port=self.tls_port, relay_port=relay_port,
            options="\n".join(f"{name} = {value}" for name, value in options.items())))

    def deliveries(self):
        result = []
        for text in maildir.messages(self.maildir):
            path, text = maildir.take_field(text, "Return-Path")
            recipients = []
            while True:
                recipient, text = maildir.take_field(text, "Delivered-To")
                if recipient is None:
                    break
                recipients.append(recipient.decode())
            _, text = maildir.take_field(text, "Received")  # the sink's
            _, text = maildir.take_field(text, "Received")  # Dovecot's
            result += [((path or b"")[1:-1].decode(), recipient, text) for recipient in recipients]
        return result

    # --- life

    def start(self):
        if self._sink_port:
            self._start_sink()
        try:
            super().start()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Kills both, as a power cut would."""
        super().stop()
        if self._sink:
            self._sink.kill()
            self._sink.wait()
            self._sink = None

    def _start_sink(self):
        ready = self._home / "sink-port"
        ready.unlink(missing_ok=True)
        self._sink = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", peers.build_directory() / "mailchute", "sink", "--listen",
             f"127.0.0.1:{self._sink_port}", "--maildir", self.maildir, "--port-file", ready],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not ready.exists():
            if self._sink.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("mailchute sink does not start")
            time.sleep(0.005)

    # --- preparation

    def _logs(self):
        return [self._home / "log"]

    def _make_folders(self):
        (self._home / "etc/dovecot").mkdir()
        add_users(self._home / "etc", _USERS)
        for folder in ("run", "state", "home"):
            (self._home / folder).mkdir()
        os.chown(self._home / "home", 65534, 65534)
