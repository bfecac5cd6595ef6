# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Exim as the smart host, on 127.0.0.1, with STARTTLS, implicit TLS and AUTH; needs root.

Debian's unpacked package in a namespace of its own (namespace.py). What Exim's documentation gives as defaults is
left so, above all smtp_enforce_sync and the limits on bad commands: a client that breaks the rules of pipelining is
thrown out. Every recipient of every domain ends in one Maildir; there is no transport that uses the network.
"""

import os
import pathlib
import shutil

import maildir
from namespace import Namespace, add_users
from postfix import free_port

_USER = "Debian-exim"  # compiled into Debian's Exim
_ID = 64903

_REFUSED = {"bad@example.org": "550 5.1.1 no such user here", "later@example.org": "451 4.2.0 try again later"}

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
  server_prompts = Username: : Password:
  server_condition = ${{if eq {{$auth2}} {{${{lookup {{$auth1}} lsearch {{/mnt/etc/users}}{{$value}}fail}}}}}}
  server_set_id = $auth1
"""


class Exim:
    """with Exim(tmpdir, ca, users={'web1@example.org': 'secret'}, message_size_limit='1000') as e: ...

    e.port speaks STARTTLS, e.tls_port TLS from the first octet. No users: no AUTH, everybody may send. `recipients`
    gives another table of refused addresses; `acl` statements for {'mail' 'rcpt' 'predata' 'data'}; the rest are
    main options. stop() and start() keep ports, spool and Maildir.
    """

    def __init__(self, tmpdir, ca, users=None, *, cert=None, recipients=None, acl=None, **options):
        self._home = pathlib.Path(tmpdir).resolve() / "exim"
        self._namespace = Namespace(self._home, "exim4-daemon-light")
        (self._namespace.root / "usr/sbin/exim4").chmod(0o755)  # set-user-id, and anybody can reach it there
        self.maildir = self._home / "maildir"
        self.port, self.tls_port = free_port(), free_port()
        self._make_folders()
        etc = self._home / "etc"
        for source, name in zip(cert or ca.issue("localhost", "127.0.0.1"), ("cert.pem", "key.pem")):
            shutil.copyfile(source, etc / name)
            os.chown(etc / name, _ID, _ID)
        recipients = _REFUSED if recipients is None else recipients
        (etc / "recipients").write_text("".join(f"{name}: {reply}\n" for name, reply in recipients.items()))
        (etc / "users").write_text("".join(f"{name}: {password}\n" for name, password in (users or {}).items()))
        (etc / "exim4/exim4.conf").write_text(_CONFIGURATION.format(
            options="".join(f"{name} = {value}\n" for name, value in {**_OPTIONS, **options}.items()),
            port=self.port, tls_port=self.tls_port,
            who="  accept authenticated = *\n  deny message = 530 5.7.0 Authentication required" if users else
                "  accept",
            **{name: (acl or {}).get(name, "") for name in ("mail", "rcpt", "predata", "data")}))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # --- what a test asks

    def deliveries(self):
        """[(reverse-path, recipient, message)]: as received, without the fields that this Exim put on top."""
        result = []
        for text in maildir.messages(self.maildir):
            path, text = maildir.take_field(text, "Return-path")
            recipient, text = maildir.take_field(text, "Envelope-to")
            _, text = maildir.take_field(text, "Received")
            result.append(((path or b"")[1:-1].decode(), (recipient or b"").decode(), text))
        return result

    def messages(self):
        return [message for _, _, message in self.deliveries()]

    def wait_for(self, n, timeout=30):
        """Waits until n messages are delivered; False when the time is up."""
        return maildir.wait_for(self.maildir, n, timeout, folders=("new",))

    def log(self):
        """Main and panic log, one after the other; the reject log repeats lines of the main log."""
        paths = (self._home / "log" / name for name in ("main", "panic"))
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    # --- life

    def start(self):
        try:
            self._namespace.start("/usr/sbin/exim4", "-bdf", ports=(self.port, self.tls_port))
        except RuntimeError as error:
            raise RuntimeError(f"{error} {self.log()}") from None

    def stop(self):
        """Kills it, as a power cut would; its spool is on disk."""
        self._namespace.stop()

    # --- preparation

    def _make_folders(self):
        shutil.rmtree(self._home, ignore_errors=True)
        (self._home / "etc/exim4").mkdir(parents=True)
        add_users(self._home / "etc", {_USER: _ID})
        for folder in ("spool", "log", "maildir", "maildir/tmp", "maildir/new", "maildir/cur"):
            (self._home / folder).mkdir()
            os.chown(self._home / folder, _ID, _ID)
        self._home.chmod(0o755)  # bound to /mnt, where Exim's user must get in
