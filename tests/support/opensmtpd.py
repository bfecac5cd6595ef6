# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSMTPD as the smart host, on 127.0.0.1, in clear text only; needs root.

Debian's unpacked package in a namespace of its own (namespace.py). With OpenSSL 3 the TLS handshakes of version 6.8, which
Debian 12 has, fail, and AUTH wants TLS; so it offers neither. Its limits are as it comes. Every recipient of every domain
ends in one Maildir; there is no action that uses the network.
"""

import os
import re

import maildir
from namespace import add_users
from smart_host import REFUSED, SmartHost

_USERS = {"opensmtpd": 64906, "opensmtpq": 64907}  # compiled into Debian's OpenSMTPD
_OWNER = ("mailbox", 64908)  # of the Maildir; delivers into it

# What it adds behind the header of a message that has none, as messages sent again (Resent-Date) may.
_ADDED = re.compile(rb"\n(?:Date: [^\n]*\([^\n]*\)\n)?(?:Message-ID: <[0-9a-f]+@smarthost\.example\.org>\n)?\Z")

_CONFIGURATION = """\
table everybody {{ "@" = "mailbox" }}
{filters}
listen on 127.0.0.1 port {port} {use_filters}
action "deliver" maildir "/mnt/maildir" virtual <everybody>
match from any for any action "deliver"
{lines}
"""


class OpenSmtpd(SmartHost):
    """with OpenSmtpd(tmpdir, "smtp limit max-mails 10", filters=['phase data match all reject "554 no"']) as o: ...

    `recipients` gives another table of refused addresses; `filters` what follows a filter's name; `lines` are put
    into smtpd.conf as they are.
    """

    def __init__(self, tmpdir, *lines, recipients=None, filters=()):
        super().__init__(tmpdir, "opensmtpd", ["opensmtpd"], ("/bin/sh", "-c", "exec smtpd -d 2>>/mnt/log"), tls=False)
        self._queues = [self._home / "var/spool/smtpd/queue"]
        recipients = REFUSED if recipients is None else recipients
        filters = [*filters, *(f'phase rcpt-to match rcpt-to {{ "{name}" }} reject "{reply}"'
                               for name, reply in recipients.items())]
        self._make_folders()
        (self._home / "etc/smtpd.conf").write_text(_CONFIGURATION.format(
            port=self.port, lines="\n".join(lines),
            filters="\n".join(f"filter f{n} {what}" for n, what in enumerate(filters)),
            use_filters=f"filter {{ {', '.join(f'f{n}' for n in range(len(filters)))} }}" if filters else ""))

    def deliveries(self):
        result = []
        for text in maildir.messages(self.maildir):
            path, text = maildir.take_field(text, "Return-Path")
            recipient, text = maildir.take_field(text, "Delivered-To")
            _, text = maildir.take_field(text, "Received")
            head, blank, body = text.partition(b"\n\n")
            text = _ADDED.sub(b"\n", head + b"\n") + blank[1:] + body
            result.append(((path or b"")[1:-1].decode(), (recipient or b"").decode(), text))
        return result

    # --- preparation

    def _logs(self):
        return [self._home / "log"]

    def _make_folders(self):
        etc = self._home / "etc"
        name, number = _OWNER
        add_users(etc, {**_USERS, name: number})
        # It asks for the client's name, with a resolver of its own.
        (etc / "hosts").write_text("127.0.0.1 localhost\n")
        (etc / "resolv.conf").write_text("lookup file\n")
        (etc / "mailname").write_text("smarthost.example.org\n")
        for folder in ("spool", "run", "tmp", "lib/opensmtpd/empty"):
            (self._home / "var" / folder).mkdir(parents=True)
        self.maildir.mkdir()
        os.chown(self.maildir, number, number)
