# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that misbehaves by script, and remembers everything it was told.

    with ScriptedServer({"rcpt": ["250 2.1.5 ok", "550 5.1.1 who?"], "greeting": [HANGUP, None]}) as server: ...

A script names stages: greeting, ehlo, helo, starttls, auth, mail, rcpt, data, bdat (a chunk that is not the last),
message (after the final dot or last chunk), rset, noop, quit, unknown. A stage is played by a step or by a list of
steps: the nth time this server, over all its connections, comes to the stage it plays the nth, and the last one from
then on. A step is

    "250 ok"            a reply; more lines after \\n;
    b"25"               octets, sent as they are;
    None                what a good server says;
    HANGUP RESET        close the connection, in order or with a TCP reset;
    SILENCE             say nothing, ever, until the client gives up;
    GARBAGE             octets that are no SMTP, and no line end;
    Pause(seconds)      wait;
    HangupAfter(octets) read so many octets more and close (after a 354: in the middle of the message);
    (step, step, ...)   one after the other: ("421 4.3.2 bye", HANGUP);
    function(server, session, line)     returns one of these.

For `starttls` the handshake follows if the last thing said is a 2yz reply: b"220 go\\r\\n250 injected\\r\\n" injects.
Everything is recorded before it is answered. Waiting uses a condition variable; nobody sleeps.
"""

import base64
import binascii
import dataclasses
import socket
import ssl
import struct
import threading
import time

from ports import kept_port

HANGUP, RESET, SILENCE, GARBAGE = (type(name, (), {"__repr__": lambda self, n=name: n})()
                                   for name in ("HANGUP", "RESET", "SILENCE", "GARBAGE"))


@dataclasses.dataclass
class Pause:
    seconds: float


@dataclasses.dataclass
class HangupAfter:
    octets: int


@dataclasses.dataclass
class AuthTry:
    mechanism: str
    user: str
    password: str
    authzid: str
    raw: bytes  # the client's (last) response, decoded: all there is for mechanisms other than PLAIN and LOGIN
    tls: bool


@dataclasses.dataclass
class Message:
    session: "Session"
    mail: bytes         # the MAIL line as received
    rcpts: list         # the RCPT lines that were accepted
    data: bytes         # dots unstuffed, CRLF as received
    reply: object       # what was answered; None if the connection was closed instead
    by_bdat: bool = False

    @property
    def accepted(self):
        return _first_digit(self.reply) == "2"

    @property
    def sender(self):
        return _path(self.mail)

    @property
    def recipients(self):
        return [_path(line) for line in self.rcpts]


@dataclasses.dataclass(eq=False)
class Session:
    """One connection; `number` counts from 0."""
    number: int
    opened: float = dataclasses.field(default_factory=time.monotonic)
    closed: float = None
    tls: bool = False
    tls_error: str = None
    early: bytes = b""          # octets that came before the handshake, behind STARTTLS
    user: str = None            # who authenticated
    helo: bytes = None          # the last EHLO or HELO line
    commands: list = dataclasses.field(default_factory=list)     # lines without CRLF; no message text
    replies: list = dataclasses.field(default_factory=list)      # what was sent back, as given
    auth_tries: list = dataclasses.field(default_factory=list)
    raw: bytearray = dataclasses.field(default_factory=bytearray)  # every octet received, decrypted
    mail: bytes = None
    rcpts: list = dataclasses.field(default_factory=list)

    def verbs(self):
        return [command.split(b" ")[0].upper().decode("latin-1") for command in self.commands]


class _Closed(Exception):
    """The connection is over, for whatever reason."""


class ScriptedServer:
    """tls: None, 'starttls' or 'implicit', with cert=(certfile, keyfile). users: {name: password}, None accepts all.

    auth: mechanisms offered ('' for none), by default only over TLS if there is any. capabilities: the other EHLO
    keywords. address: where it listens. only_tls: one version of ssl.TLSVersion. start() after stop() listens on the same port.
    """

    def __init__(self, script=None, *, tls=None, cert=None, users=None, auth="PLAIN LOGIN", auth_without_tls=None,
                 capabilities=("PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"),
                 hostname="scripted.example.org", only_tls=None, address="127.0.0.1"):
        self.script = dict(script or {})
        unknown = set(self.script) - _STAGES
        if unknown:
            raise ValueError(f"no such stage: {unknown}")
        self.tls, self.users, self.auth, self.hostname = tls, users, auth, hostname
        self.auth_without_tls = tls is None if auth_without_tls is None else auth_without_tls
        self.capabilities = list(capabilities)
        self.sessions, self.messages = [], []
        self._context = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*map(str, cert))
            if only_tls:
                self._context.set_ciphers("DEFAULT@SECLEVEL=0")  # which old versions need
                self._context.minimum_version = self._context.maximum_version = only_tls
        self.address, self.port = address, 0
        self._kept = None  # its port, between stop() and start()
        self._visits = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._threads, self._sockets = [], set()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self._kept:
            self._kept.close()

    # --- life

    def start(self):
        self._stopping.clear()
        if self.port == 0:
            self._kept = kept_port()
            self.port = self._kept.getsockname()[1]
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.address, self.port))
        self._listener.listen(128)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def stop(self):
        """Closes everything; what was recorded stays."""
        self._stopping.set()
        self._shut(self._listener)
        self._threads[0].join()  # no new connections from here on
        with self._changed:
            open_sockets = list(self._sockets)
        for connection in open_sockets:
            self._shut(connection)
        for thread in self._threads[1:]:
            thread.join()
        self._listener.close()

    @staticmethod
    def _shut(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it; close() would not
        except OSError:
            pass

    # --- what a test asks

    def wait_for(self, predicate, timeout=30):
        """Waits until predicate(server) is true and returns it; its last, false, value when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: predicate(self), timeout)

    def wait_for_message(self, n=1, timeout=30):
        """Waits for n complete messages, whatever they were answered; true if they came."""
        return self.wait_for(lambda server: len(server.messages) >= n, timeout)

    def wait_for_accepted(self, n=1, timeout=30):
        return self.wait_for(lambda server: len(server.accepted()) >= n, timeout)

    def accepted(self):
        return [message for message in self.messages if message.accepted]

    def visits(self, stage):
        """How many times the stage was played."""
        return self._visits.get(stage, 0)

    # --- connections

    def _accept(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                session = Session(len(self.sessions))
                self.sessions.append(session)
                self._sockets.add(connection)
                self._changed.notify_all()
            thread = threading.Thread(target=self._serve, args=(connection, session), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection, session):
        talk = _Conversation(self, connection, session)
        try:
            talk.run()
        except ssl.SSLError as error:
            session.tls_error = str(error)  # with TLS 1.3 often only after the handshake
        except (_Closed, OSError, ValueError):  # ValueError: ssl on a socket closed meanwhile
            pass
        finally:
            with self._changed:
                self._sockets.discard(talk.connection)
                session.closed = time.monotonic()
                self._changed.notify_all()
            talk.connection.close()

    def _record(self, change):
        with self._changed:
            change()
            self._changed.notify_all()

    def _replace(self, old, new):
        with self._changed:
            self._sockets.discard(old)
            self._sockets.add(new)

    def _step(self, stage):
        with self._changed:
            visit = self._visits.get(stage, 0)
            self._visits[stage] = visit + 1
            self._changed.notify_all()
        steps = self.script.get(stage)
        if isinstance(steps, list):
            return steps[min(visit, len(steps) - 1)] if steps else None
        return steps


class _Conversation:
    def __init__(self, server, connection, session):
        self.server, self.connection, self.session = server, connection, session
        self._input = bytearray()
        self._chunks = bytearray()

    def run(self):
        if self.server.tls == "implicit":
            self._handshake()
        self._play("greeting", b"", f"220 {self.server.hostname} ESMTP")
        while True:
            line = self._line().rstrip(b"\r\n")
            self.server._record(lambda: self.session.commands.append(line))
            verb = line.split(b" ")[0].upper().decode("latin-1")
            getattr(self, f"_on_{verb.lower()}" if verb in _VERBS else "_on_unknown")(line)

    # --- commands

    def _on_ehlo(self, line):
        self._forget_transaction()
        self.session.helo = line
        lines = [self.server.hostname, *self.server.capabilities]
        if self.server.tls == "starttls" and not self.session.tls:
            lines.append("STARTTLS")
        if self.server.auth and (self.session.tls or self.server.auth_without_tls):
            lines.append(f"AUTH {self.server.auth}")
        self._play("ehlo", line, reply(250, *lines))

    def _on_helo(self, line):
        self._forget_transaction()
        self.session.helo = line
        self._play("helo", line, f"250 {self.server.hostname}")

    def _on_starttls(self, line):
        possible = self.server.tls == "starttls" and not self.session.tls
        said = self._play("starttls", line, "220 2.0.0 go ahead" if possible else "502 5.5.1 no TLS here")
        if possible and _first_digit(said) == "2":
            self.session.early, self._input = bytes(self._input), bytearray()
            self._handshake()
            self.session.helo = None

    def _on_auth(self, line):
        words = line.decode("latin-1").split(" ")
        mechanism = words[1].upper() if len(words) > 1 else ""
        initial = words[2].encode("latin-1") if len(words) > 2 else None
        user = password = authzid = ""
        if mechanism == "LOGIN":
            user = (self._response("Username:") if initial is None else _decode(initial)).decode("utf-8", "replace")
            raw = self._response("Password:")
            password = raw.decode("utf-8", "replace")
        else:
            raw = self._response("") if initial is None else _decode(initial)
            if mechanism == "PLAIN" and raw.count(b"\0") == 2:
                authzid, user, password = raw.decode("utf-8", "replace").split("\0")
        attempt = AuthTry(mechanism, user, password, authzid, raw, self.session.tls)
        self.server._record(lambda: self.session.auth_tries.append(attempt))
        good = self.server.users is None or self.server.users.get(user, None) == password
        said = self._play("auth", line, "235 2.7.0 welcome" if good else "535 5.7.8 no")
        if _first_digit(said) == "2":
            self.session.user = user

    def _response(self, challenge):
        self._send(f"334 {base64.b64encode(challenge.encode()).decode()}")
        line = self._line().rstrip(b"\r\n")
        if line == b"*":
            self._send("501 5.7.0 cancelled")
            raise _Closed
        return _decode(line)

    def _on_mail(self, line):
        good = self.session.mail is None
        said = self._play("mail", line, "250 2.1.0 ok" if good else "503 5.5.1 nested MAIL")
        if good and _first_digit(said) == "2":
            self.session.mail = line

    def _on_rcpt(self, line):
        good = self.session.mail is not None
        said = self._play("rcpt", line, "250 2.1.5 ok" if good else "503 5.5.1 MAIL first")
        if good and _first_digit(said) == "2":
            self.session.rcpts.append(line)

    def _on_data(self, line):
        said = self._play("data", line, "354 end with a dot" if self.session.rcpts else "554 5.5.1 no recipients")
        if _first_digit(said) == "3":
            self._finish(self._dotted(), line)

    def _on_bdat(self, line):
        words = line.upper().split()
        self._chunks += self._octets(int(words[1]))  # they come whatever we think of them
        last = len(words) > 2 and words[2] == b"LAST"
        if not self.session.rcpts:
            if last:
                self._chunks.clear()
            self._play("message" if last else "bdat", line, "503 5.5.1 no recipients")
        elif last:
            self._finish(bytes(self._chunks), line, by_bdat=True)
        else:
            self._play("bdat", line, "250 2.0.0 chunk")

    def _finish(self, data, line, by_bdat=False):
        message = Message(self.session, self.session.mail, list(self.session.rcpts), data, None, by_bdat)
        self._forget_transaction()  # which also empties the chunks
        # Recorded together with the fate, before the client can see it.
        step = self._resolve("message", line)
        normal = "250 2.0.0 queued"
        said = (normal if part is None else part for part in _parts(step))
        message.reply = next((part for part in said if isinstance(part, (str, bytes))), None)
        self.server._record(lambda: self.server.messages.append(message))
        self._perform(step, normal)

    def _on_rset(self, line):
        self._forget_transaction()
        self._play("rset", line, "250 2.0.0 ok")

    def _on_noop(self, line):
        self._play("noop", line, "250 2.0.0 ok")

    def _on_quit(self, line):
        self._play("quit", line, "221 2.0.0 bye")
        raise _Closed

    def _on_unknown(self, line):
        self._play("unknown", line, "500 5.5.2 what?")

    def _forget_transaction(self):
        self.session.mail = None
        self.session.rcpts = []
        self._chunks.clear()

    # --- steps

    def _resolve(self, stage, line):
        step = self.server._step(stage)
        return step(self.server, self.session, line) if callable(step) else step

    def _play(self, stage, line, normal):
        """Plays the stage; returns the last reply sent, or None."""
        return self._perform(self._resolve(stage, line), normal)

    def _perform(self, step, normal):
        said = None
        for part in _parts(step):
            if part is None:
                part = normal
            if isinstance(part, (str, bytes)):
                self._send(part)
                said = part
            elif part is HANGUP:
                raise _Closed
            elif part is RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()  # not unwrapped: the kernel sends RST
                raise _Closed
            elif part is SILENCE:
                while True:
                    self._fill()
            elif part is GARBAGE:
                said = None
                self._write(b"\x16\x03\x00\xff\xfe\x00 not a reply" + bytes(range(256)).replace(b"\n", b""))
            elif isinstance(part, Pause):
                if self.server._stopping.wait(part.seconds):
                    raise _Closed
            elif isinstance(part, HangupAfter):
                self._octets(part.octets)
                raise _Closed
            else:
                raise TypeError(f"not a step: {part!r}")
        return said

    # --- octets

    def _handshake(self):
        old = self.connection
        self.connection = self.server._context.wrap_socket(old, server_side=True, do_handshake_on_connect=False)
        self.server._replace(old, self.connection)  # before the handshake: stop() must reach one that hangs
        self.connection.do_handshake()
        self.server._record(lambda: setattr(self.session, "tls", True))

    def _send(self, text):
        """A reply: its lines end in CRLF. Bytes go as they are."""
        self.session.replies.append(text)
        if isinstance(text, str):
            text = text.replace("\n", "\r\n").encode() + b"\r\n"
        self._write(text)

    def _write(self, octets):
        self.connection.sendall(octets)

    def _fill(self):
        octets = self.connection.recv(65536)
        if not octets:
            raise _Closed
        self._input += octets
        self.session.raw += octets

    def _line(self):
        start = 0
        while (end := self._input.find(b"\n", start)) < 0:
            start = len(self._input)
            self._fill()
        return self._take(end + 1)

    def _octets(self, n):
        while len(self._input) < n:
            self._fill()
        return self._take(n)

    def _take(self, n):
        taken = bytes(self._input[:n])
        del self._input[:n]
        return taken

    def _dotted(self):
        """A message up to CRLF.CRLF, and to nothing that only looks like it (RFC 5321, 4.1.1.4)."""
        while len(self._input) < 3:
            self._fill()
        if self._input.startswith(b".\r\n"):
            self._take(3)
            return b""
        start = 0
        while (end := self._input.find(b"\r\n.\r\n", start)) < 0:
            start = max(0, len(self._input) - 4)
            self._fill()
        text = self._take(end + 2)
        self._take(3)
        if text.startswith(b"."):
            text = text[1:]
        return text.replace(b"\r\n.", b"\r\n")


_VERBS = ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT")
_STAGES = {"greeting", "message", "unknown", *(verb.lower() for verb in _VERBS)}


def reply(code, *lines):
    """A reply of several lines: reply(250, 'host', 'PIPELINING')."""
    return "\n".join(f"{code}{' ' if i == len(lines) - 1 else '-'}{line}" for i, line in enumerate(lines))


def _parts(step):
    return step if isinstance(step, tuple) else (step,)


def _first_digit(text):
    return text[:1].decode("latin-1") if isinstance(text, bytes) else (text or "")[:1]


def _decode(text):
    try:
        return base64.b64decode(text if text != b"=" else b"", validate=True)
    except binascii.Error:
        return text  # recorded as it came


def _path(line):
    start = line.find(b"<")
    return line[start + 1:line.find(b">", start)].decode("utf-8", "replace")
