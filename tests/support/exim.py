# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Exim as the smart host, on 127.0.0.1, with STARTTLS, implicit TLS and AUTH; needs root.

Debian's unpacked package in a namespace of its own (namespace.py). What Exim's documentation gives as defaults is
left so, above all smtp_enforce_sync and the limits on bad commands: a client that breaks the rules of pipelining is
thrown out. Every recipient of every domain ends in one Maildir; there is no transport that uses the network.
"""

import os

import maildir
from namespace import add_users
from smart_host import REFUSED, SmartHost

_USER = "Debian-exim"  # compiled into Debian's Exim
_ID = 64903

_OPTIONS = {
    "primary_hostname": "smarthost.example.org",
    "spool_directory": "/mnt/spool",
    "log_file_path": "/mnt/log/%s",
    "log_selector": "+smtp_connection +smtp_protocol_error +smtp_syntax_error +smtp_no_mail +pipelining +tls_cipher",
    "local_interfaces": "127.0.0.1",
    "host_lookup": "",
    "rfc1413_hosts": "",
    "tls_certificate": "/mnt/etc/cert.pem",
    "tls_privatekey": "/mnt/etc/key.pem",
    "tls_advertise_hosts": "*",
    "auth_advertise_hosts": "${if def:tls_in_cipher {*}}",
    # Everything runs as one user: no set-user-id bit is needed to deliver.
    "deliver_drop_privilege": "true",
    "keep_environment": "",
    "message_size_limit": "100M",
    # What arrives is kept octet for octet.
    "add_environment": "",
    "return_path_remove": "false",
    "envelope_to_remove": "false",
    "delivery_date_remove": "false",
    # A machine under test is busy, and one connection brings hundreds of messages.
    "smtp_accept_max": "0",
    "smtp_accept_queue_per_connection": "0",
    "smtp_accept_max_per_connection": "0",
}

# The ACLs' own statements come first: those of a test can refuse at MAIL, RCPT, DATA and after the final dot.
_CONFIGURATION = """\
{options}
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_predata = predata
acl_smtp_data = data

begin acl

mail:
{mail}
  accept

rcpt:
{rcpt}
  warn set acl_m_answer = ${{lookup {{$local_part@$domain}} lsearch {{/mnt/etc/recipients}}}}
  deny condition = ${{if match {{$acl_m_answer}} {{^5}}}}
    message = $acl_m_answer
  defer condition = ${{if match {{$acl_m_answer}} {{^4}}}}
    message = $acl_m_answer
{who}

predata:
{predata}
  accept

data:
{data}
  accept

begin routers

everybody:
  driver = accept
  transport = maildir

begin transports

maildir:
  driver = appendfile
  directory = /mnt/maildir
  maildir_format
  create_directory = false
  user = Debian-exim
  return_path_add
  envelope_to_add

begin authenticators

PLAIN:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq {{$auth3}} {{${{lookup {{$auth2}} lsearch {{/mnt/etc/users}}{{$value}}fail}}}}}}
  server_set_id = $auth2

LOGIN:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if eq {{$auth2}} {{${{lookup {{$auth1}} lsearch {{/mnt/etc/users}}{{$value}}fail}}}}}}
  server_set_id = $auth1
"""


class Exim(SmartHost):
    """with Exim(tmpdir, ca, users={'web1@example.org': 'secret'}, message_size_limit='1000') as e: ...

    No users: no AUTH, everybody may send. `recipients` gives another table of refused addresses; `acl` statements for
    {'mail' 'rcpt' 'predata' 'data'}; the rest are main options.
    """

    def __init__(self, tmpdir, ca, users=None, *, cert=None, recipients=None, acl=None, **options):
        super().__init__(tmpdir, "exim", ["exim4-daemon-light"], ("/usr/sbin/exim4", "-bdf"))
        (self._namespace.root / "usr/sbin/exim4").chmod(0o755)  # set-user-id, and anybody can reach it there
        self._make_folders()
        etc = self._home / "etc"
        self._install(cert or ca.issue("localhost", "127.0.0.1"))
        for name in ("cert.pem", "key.pem"):
            os.chown(etc / name, _ID, _ID)
        recipients = REFUSED if recipients is None else recipients
        (etc / "recipients").write_text("".join(f"{name}: {reply}\n" for name, reply in recipients.items()))
        (etc / "users").write_text("".join(f"{name}: {password}\n" for name, password in (users or {}).items()))
        (etc / "exim4/exim4.conf").write_text(_CONFIGURATION.format(
            options="".join(f"{name} = {value}\n" for name, value in {**_OPTIONS, **options}.items()),
            port=self.port, tls_port=self.tls_port,
            who="  accept authenticated = *\n  deny message = 530 5.7.0 Authentication required" if users else
                "  accept",
            **{name: (acl or {}).get(name, "") for name in ("mail", "rcpt", "predata", "data")}))

    def deliveries(self):
        result = []
        for text in maildir.messages(self.maildir):
            path, text = maildir.take_field(text, "Return-path")
            recipient, text = maildir.take_field(text, "Envelope-to")
            _, text = maildir.take_field(text, "Received")
            result.append(((path or b"")[1:-1].decode(), (recipient or b"").decode(), text))
        return result

    # --- preparation

    def _logs(self):
        """The reject log repeats lines of the main log."""
        return [self._home / "log" / name for name in ("main", "panic")]

    def _make_folders(self):
        (self._home / "etc/exim4").mkdir()
        add_users(self._home / "etc", {_USER: _ID})
        for folder in ("spool", "log", "maildir", "maildir/tmp", "maildir/new", "maildir/cur"):
            (self._home / folder).mkdir()
            os.chown(self._home / folder, _ID, _ID)
