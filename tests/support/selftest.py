#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries the support library itself: Python's smtplib against Postfix and the scripted server."""

import os
import smtplib
import socket
import ssl
import stat
import tempfile
import time

import mailchute
import messages
from postfix import Postfix
from report import case, check, finish
from scripted import GARBAGE, HANGUP, RESET, SILENCE, HangupAfter, ScriptedServer
from tls import CertificateAuthority

_USERS = {"web1@example.org": "secret"}


def login(port, context, timeout=10):
    client = smtplib.SMTP("localhost", port, timeout=timeout)
    client.starttls(context=context)
    client.login("web1@example.org", "secret")
    return client


def wire(text):
    """As smtplib would send it: every line end CRLF, a line end at the end."""
    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"")
    return (text if not text or text.endswith(b"\n") else text + b"\n").replace(b"\n", b"\r\n")


def refusal(action, *expected):
    try:
        action()
    except expected or (smtplib.SMTPException, OSError) as error:
        return error
    raise AssertionError("not refused")


def try_postfix(folder, ca, context):
    with Postfix(folder, ca, users=_USERS) as server:
        with case("Postfix keeps 200 messages octet for octet"):
            client, sent = login(server.port, context), []
            for text, _ in messages.generate(200, seed=1):
                # Postfix ends a header without body with the empty line; send it so to compare.
                text = wire(b"X: y\n\n" + text)
                sent.append(text.replace(b"\r\n", b"\n"))
                client.sendmail("web1@example.org", ["user@example.org"], text)
            assert server.wait_for(200), server.log()[-2000:]
            assert sorted(server.messages()) == sorted(sent)
            assert server.deliveries()[0][:2] == ("web1@example.org", "user@example.org")
        with case("Postfix refuses for good and for now"):
            text = b"Subject: x\r\n\r\ny\r\n"
            refused = client.sendmail("me@example.org", ["a@example.org", "bad@example.org", "later@example.org"], text)
            assert {name: reply[0] for name, reply in refused.items()} == {
                "bad@example.org": 550, "later@example.org": 451}, refused
        with case("Postfix keeps mail over stop() and start()"):
            server.stop()
            refusal(lambda: smtplib.SMTP("localhost", server.port))
            server.start()
            login(server.port, context).sendmail("me@example.org", ["a@example.org"], text)
            assert server.wait_for(202)
        with case("Postfix refuses a bare LF"):
            client = login(server.port, context)
            client.mail("me@example.org"), client.rcpt("a@example.org"), client.putcmd("data"), client.getreply()
            client.send(b"Subject: x\r\n\r\nbare\n.\nline\r\n.\r\n")
            said = client.getreply()
            assert said[0] == 550 and b"bare <LF>" in said[1], said
        with case("Postfix takes implicit TLS and refuses a wrong password"):
            client = smtplib.SMTP_SSL("localhost", server.tls_port, context=context)
            refusal(lambda: client.login("web1@example.org", "wrong"), smtplib.SMTPAuthenticationError)
    with case("Postfix takes main.cf settings and certificates of another name"):
        with Postfix(folder, ca, users=_USERS, cert=ca.issue("other.example.org"), message_size_limit=5000) as server:
            refusal(lambda: login(server.port, context), ssl.SSLCertVerificationError)
            assert b"SIZE 5000" in smtplib.SMTP("localhost", server.port).ehlo()[1]


def try_scripted(ca, context):
    pair = ca.issue("localhost", "127.0.0.1")
    with case("scripted: STARTTLS, AUTH, message with dots"):
        with ScriptedServer(tls="starttls", cert=pair, users=_USERS) as server:
            client = login(server.port, context)
            for text in (b"Subject: x\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n", b".\r\n"):
                client.sendmail("me@example.org", ["a@example.org", "b@example.org"], text)
            client.quit()
            assert server.wait_for_accepted(2)
            assert [one.data for one in server.messages] == [b"Subject: x\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n", b".\r\n"]
            assert server.messages[0].recipients == ["a@example.org", "b@example.org"]
            session = server.sessions[0]
            attempt = session.auth_tries[0]
            assert session.tls and session.user == "web1@example.org"
            assert (attempt.mechanism, attempt.user, attempt.password) == ("PLAIN", "web1@example.org", "secret")
            assert session.verbs()[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"], session.verbs()
            assert server.wait_for(lambda s: s.sessions[0].closed)
    with case("scripted: implicit TLS, AUTH LOGIN refused"):
        with ScriptedServer(tls="implicit", cert=pair, users=_USERS, auth="LOGIN") as server:
            client = smtplib.SMTP_SSL("localhost", server.port, context=context)
            refusal(lambda: client.login("web1@example.org", "wrong"), smtplib.SMTPAuthenticationError)
            attempt = server.sessions[0].auth_tries[0]
            assert (attempt.mechanism, attempt.password, attempt.tls) == ("LOGIN", "wrong", True)
    with case("scripted: an untrusted certificate is recorded"):
        other = CertificateAuthority(os.path.dirname(ca.file) + "/other")
        for bad in (other.issue("localhost"), ca.issue("localhost", expired=True)):
            with ScriptedServer(tls="implicit", cert=bad) as server:
                refusal(lambda: smtplib.SMTP_SSL("localhost", server.port, context=context), ssl.SSLError)
                assert server.wait_for(lambda s: s.sessions[0].closed)
                assert server.sessions[0].tls_error and not server.messages
    with case("scripted: the nth time"):
        script = {"greeting": ["421 4.3.2 busy", (HANGUP), None], "rcpt": [None, "550 5.1.1 who?", None],
                  "message": ["451 4.3.0 later", None]}
        with ScriptedServer(script) as server:
            refusal(lambda: smtplib.SMTP("localhost", server.port), smtplib.SMTPConnectError)
            refusal(lambda: smtplib.SMTP("localhost", server.port))
            client = smtplib.SMTP("localhost", server.port)
            refusal(lambda: client.sendmail("me@example.org", ["a@example.org", "b@example.org"], b"x\r\n"))
            assert server.messages[0].recipients == ["a@example.org"] and not server.messages[0].accepted
            client.sendmail("me@example.org", ["a@example.org"], b"x\r\n")
            assert len(server.accepted()) == 1 and server.visits("rcpt") == 3
    with case("scripted: silence, garbage, reset, half a message"):
        script = {"ehlo": [SILENCE, GARBAGE, RESET, None], "helo": SILENCE,
                  "data": ("354 go", HangupAfter(1000))}
        with ScriptedServer(script) as server:
            for _ in range(3):
                client = smtplib.SMTP("localhost", server.port, timeout=0.3)
                refusal(client.ehlo)
                client.close()
            client = smtplib.SMTP("localhost", server.port)
            refusal(lambda: client.sendmail("me@example.org", ["a@example.org"], b"x" * 5000 + b"\r\n"))
            assert not server.messages
    with case("scripted: pipelining and BDAT, whatever the cuts"):
        octets = (b"EHLO c\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<a@example.org>\r\nDATA\r\na\r\n.\r\n"
                  b"MAIL FROM:<me@example.org>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n.\r\n"
                  b"RSET\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nBDAT 3\r\nb\r\nBDAT 4 LAST\r\n.c\r\nQUIT\r\n")
        for size in (1, 7, len(octets)):
            with ScriptedServer(capabilities=["PIPELINING", "CHUNKING"]) as server:
                with socket.create_connection(("127.0.0.1", server.port)) as client:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for start in range(0, len(octets), size):
                        client.sendall(octets[start:start + size])
                    while client.recv(1000):
                        pass
                assert [one.data for one in server.messages] == [b"a\r\n", b"", b"b\r\n.c\r\n"], server.messages
                assert server.messages[2].by_bdat and server.messages[2].sender == ""
                assert bytes(server.sessions[0].raw) == octets
    with case("scripted: injection before the handshake, and what the client sent early"):
        script = {"starttls": b"220 go\r\n250 injected\r\n"}
        with ScriptedServer(script, tls="starttls", cert=pair) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(b"EHLO c\r\nSTARTTLS\r\nMAIL FROM:<early@example.org>\r\n")
                server.wait_for(lambda s: s.visits("starttls"))
                client.shutdown(socket.SHUT_WR)
                while client.recv(1000):
                    pass
            assert server.wait_for(lambda s: s.sessions[0].closed)
            assert server.sessions[0].early.startswith(b"MAIL"), server.sessions[0].early
    with case("scripted: stop() with clients connected, and start() on the same port"):
        server = ScriptedServer({"greeting": [SILENCE, None]})
        server.start()
        client = socket.create_connection(("127.0.0.1", server.port))
        server.wait_for(lambda s: s.visits("greeting"))
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1
        server.start()
        smtplib.SMTP("localhost", server.port).quit()
        server.stop()
        client.close()
    with case("scripted: stop() in the middle of a handshake"):
        with ScriptedServer(tls="implicit", cert=pair) as server:
            client = socket.create_connection(("127.0.0.1", server.port))
            server.wait_for(lambda s: s.sessions)
        client.close()
    with case("scripted: a step that answers as usual, then hangs up"):
        with ScriptedServer({"message": (None, HANGUP)}) as server:
            client = smtplib.SMTP("localhost", server.port)
            client.sendmail("me@example.org", ["a@example.org"], b"x\r\n")
            refusal(client.noop)
            assert server.messages[0].accepted


def try_messages():
    generated = list(messages.generate(300, seed=7))
    check("messages: the same seed gives the same", generated == list(messages.generate(300, seed=7)))
    check("messages: another seed gives others", generated != list(messages.generate(300, seed=8)))
    check("messages: tokens, no NUL", all(b"\0" not in text and (not text or messages.token(i, 7) in text)
                                         for i, (text, _) in enumerate(generated)))


_DAEMON = """#!/bin/sh
echo "started with $(grep -c . "$2") lines" >&2
trap 'echo reloaded >&2' HUP
trap 'echo stopped >&2; exit 0' TERM
echo ready >&2
while :; do sleep 1 & wait $!; done
"""


def try_mailchute(folder):
    """With stand-ins for the programs: this tries the starting, the log, and the configuration's form."""
    programs = os.path.join(folder, "programs")
    os.mkdir(programs)
    for name, text in (("mailchuted", _DAEMON), ("sendmail", '#!/bin/sh\nid -u; echo "$@"; exec cat\n')):
        with open(os.path.join(programs, name), "w") as script:
            script.write(text)
        os.chmod(script.name, 0o755)
    before = os.environ.get("MAILCHUTE_BUILD")
    os.environ["MAILCHUTE_BUILD"] = programs
    try:
        with case("mailchute: start, log, reload, kill, stop"):
            with mailchute.Mailchute(os.path.join(folder, "m"), port=25, user="u", password='p"\\',
                                     settings={"smart_host": {"ca_file": None}, "retry": {"longest": 5}}) as daemon:
                assert daemon.wait_for_log("ready")
                assert stat.S_IMODE((daemon.spool / "new").stat().st_mode) == 0o3733
                daemon.reload()
                assert daemon.wait_for_log("reloaded")
                daemon.kill()
                daemon.start()
                assert daemon.wait_for_log("ready", count=2)
                assert daemon.stop() == 0 and "stopped" in daemon.log()
                text = daemon.config_file.read_text()
                assert "longest = 5;" in text and "ca_file" not in text, text
                done = daemon.sendmail(b"text", "-t")
                assert done.stdout.endswith(b"-t\ntext"), done
                if os.geteuid() == 0:
                    os.chmod(folder, 0o711)
                    assert daemon.sendmail(b"text", user="nobody").stdout.startswith(b"65534\n")
    finally:
        os.environ.pop("MAILCHUTE_BUILD")
        if before is not None:
            os.environ["MAILCHUTE_BUILD"] = before


def main():
    with tempfile.TemporaryDirectory() as folder:
        ca = CertificateAuthority(os.path.join(folder, "ca"))
        context = ssl.create_default_context(cafile=str(ca.file))
        try_messages()
        try_scripted(ca, context)
        try_mailchute(folder)
        with case("Postfix"):
            try_postfix(folder, ca, context)
    finish()


if __name__ == "__main__":
    main()
