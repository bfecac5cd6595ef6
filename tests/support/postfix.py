# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Postfix as the smart host, on 127.0.0.1, with STARTTLS, implicit TLS and AUTH; needs root.

It runs in a namespace of its own (namespace.py); everything that it reads and writes is in one folder, which is /mnt
there.

Every recipient of every domain ends in one Maildir; no SMTP client is configured, so no mail can leave the machine.
"""

import os
import time

import maildir
from namespace import add_users
from smart_host import REFUSED, SmartHost

PACKAGES = ("postfix", "sasl2-bin", "libsasl2-modules")

def _defaults(recipients):
    return {
        "compatibility_level": "3.6",
        "queue_directory": "/mnt/spool",
        "data_directory": "/mnt/data",
        "daemon_directory": "/usr/lib/postfix/sbin",
        "command_directory": "/usr/sbin",
        "maillog_file": "/mnt/maillog",
        "maillog_file_prefixes": "/mnt",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "myhostname": "smarthost.example.org",
        "mynetworks": "127.0.0.0/8",
        "disable_dns_lookups": "yes",
        "smtpd_peername_lookup": "no",
        # Every recipient, every domain, bounces too: into the one Maildir.
        "mydestination": "",
        "local_recipient_maps": "",
        "alias_maps": "",
        "virtual_mailbox_domains": "example.org",
        "virtual_mailbox_maps": "static:maildir/",
        "virtual_mailbox_base": "/mnt",
        "virtual_mailbox_limit": "0",
        "virtual_uid_maps": "static:65534",
        "virtual_gid_maps": "static:65534",
        "virtual_transport": "virtual",
        "default_transport": "virtual",
        "local_transport": "virtual",
        "relay_transport": "virtual",
        "mailbox_size_limit": "0",
        # What arrives is kept octet for octet: Postfix mends local clients' headers and drops Bcc otherwise, which
        # would hide our own faults, and cuts long headers.
        "local_header_rewrite_clients": "",
        "message_drop_headers": "",
        "header_size_limit": "10000000",
        "message_size_limit": "104857600",
        "notify_classes": "",
        # A client that sends a bare LF is at fault.
        "smtpd_forbid_bare_newline": "reject",
        "smtpd_forbid_bare_newline_exclusions": "",
        # No limits on a fast client, and no pauses; errors and junk commands are limited as everywhere.
        "smtpd_client_connection_count_limit": "0",
        "smtpd_client_connection_rate_limit": "0",
        "smtpd_client_message_rate_limit": "0",
        "smtpd_client_recipient_rate_limit": "0",
        "smtpd_client_new_tls_session_rate_limit": "0",
        "smtpd_client_auth_rate_limit": "0",
        "smtpd_error_sleep_time": "0",
        "in_flow_delay": "0",
        "initial_destination_concurrency": "50",
        "default_destination_concurrency_limit": "50",
        "default_process_limit": "100",
        "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "yes",
        "smtpd_tls_cert_file": "/mnt/etc/cert.pem",
        "smtpd_tls_key_file": "/mnt/etc/key.pem",
        "smtpd_tls_loglevel": "1",
        "cyrus_sasl_config_path": "/mnt/etc/sasl",
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_recipient_restrictions":
            ("check_recipient_access texthash:/mnt/etc/recipients, " if recipients else "")
            + "permit_sasl_authenticated, reject",
        "smtpd_relay_restrictions": "",
    }


_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""

# Mode and owner of the queue's folders, which Postfix's own start script would make (conf/postfix-files).
_SPOOL = {
    **dict.fromkeys(("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                     "saved", "trace"), (0o700, "postfix")),
    "maildrop": (0o1730, "postdrop"), "public": (0o2710, "postdrop"), "pid": (0o755, "root"),
}


class Postfix(SmartHost):
    """with Postfix(tmpdir, ca, users={'web1@example.org': 'secret'}, message_size_limit=1000) as p: ...

    A user without a domain belongs to myhostname. No users: no AUTH, everybody may send. `cert` gives another
    (certfile, keyfile); `recipients` another table of refused addresses; `mechanisms` other SASL mechanisms
    (SCRAM-SHA-256 works too); the rest is main.cf.
    """

    def __init__(self, tmpdir, ca, users=None, *, cert=None, recipients=None, mechanisms="PLAIN LOGIN",
                 **main_cf):
        super().__init__(tmpdir, "postfix", PACKAGES, ("/usr/lib/postfix/sbin/master", "-s", "-c", "/mnt/etc"))
        self._queues = [self._home / "spool" / name for name in ("incoming", "active", "deferred")]
        recipients = REFUSED if recipients is None else recipients
        settings = _defaults(recipients)
        if not users:
            settings["smtpd_sasl_auth_enable"] = "no"
            settings["smtpd_recipient_restrictions"] = (
                settings["smtpd_recipient_restrictions"].replace("permit_sasl_authenticated", "permit_mynetworks"))
        settings.update(main_cf)
        self._hostname = settings["myhostname"]
        self._make_folders()
        self._configure(settings, recipients, mechanisms)
        self._install(cert or ca.issue("localhost", "127.0.0.1"))
        for user, password in (users or {}).items():
            self._add_user(user, password)

    def start(self):
        """What one that was killed has half written has a name of second and process id, which the next one may want:
        it would leave that message for five minutes."""
        for path in (self.maildir / "tmp").iterdir():
            path.unlink()
        super().start()

    def deliveries(self):
        result = []
        for text in maildir.messages(self.maildir):
            # In this order and once each; a Return-Path or Received of the message's own comes after and stays.
            path, text = maildir.take_field(text, "Return-Path")
            recipient, text = maildir.take_field(text, "X-Original-To")
            _, text = maildir.take_field(text, "Delivered-To")
            _, text = maildir.take_field(text, "Received")
            result.append(((path or b"")[1:-1].decode(), (recipient or b"").decode(), text))
        return result

    # --- preparation

    def _logs(self):
        return [self._home / "maillog"]

    def _make_folders(self):
        for folder in ("etc/sasl", "data", "spool"):
            (self._home / folder).mkdir(parents=True)
        (self._home / "maillog").touch()
        ids = {"postfix": 64901, "postdrop": 64902}  # far from what a machine gives out
        add_users(self._home / "etc", ids)
        for folder in ("tmp", "new", "cur"):
            (self.maildir / folder).mkdir(parents=True)
        for folder in (self.maildir, *self.maildir.iterdir()):
            os.chown(folder, 65534, 65534)
        os.chown(self._home / "data", ids["postfix"], ids["postfix"])
        for name, (mode, owner) in _SPOOL.items():
            path = self._home / "spool" / name
            path.mkdir()
            user, group = {"root": (0, 0), "postfix": (ids["postfix"], 0),
                           "postdrop": (ids["postfix"], ids["postdrop"])}[owner]
            os.chown(path, user, group)
            path.chmod(mode)

    def _configure(self, settings, recipients, mechanisms):
        etc = self._home / "etc"
        (etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        (etc / "master.cf").write_text(_MASTER.format(port=self.port, tls_port=self.tls_port))
        (etc / "recipients").write_text("".join(f"{name} {reply}\n" for name, reply in recipients.items()))
        (etc / "sasl/smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: /mnt/etc/sasldb2\n"
            f"mech_list: {mechanisms}\n")
        # Postfix waits until main.cf and tables are 2 s old, lest somebody is still writing them.
        for file in ("main.cf", "recipients"):
            os.utime(etc / file, (time.time() - 60,) * 2)

    def _add_user(self, user, password):
        """Writes sasldb2 with the package's own tool, in a namespace like Postfix's."""
        name, _, realm = user.partition("@")
        self._namespace.run("saslpasswd2", "-p", "-c", "-f", "/mnt/etc/sasldb2", "-u", realm or self._hostname, name,
                            input=password)
        os.chmod(self._home / "etc/sasldb2", 0o644)  # smtpd reads it as the user postfix
