# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages handed in by SMTP to a daemon that is disturbed, by a client that does not come back.

What was answered with 250 is delivered, whatever becomes of the daemon. What was not is delivered whole or not at all,
and not if it was refused. A second copy is sent only where the first was sent to its end.
"""

import os

from delivery import SENDER
from expected import difference, expected
from kinds import LARGE, SMALL
from ports import free_port
from smtp import Client
from submission import RECIPIENT, Submission

CHUNK = 100_000


def by_data(client, text):
    client.ask(b"DATA")
    return client.ask(text.replace(b"\r\n.", b"\r\n..") + b".")


def by_chunks(client, text):
    """The last answer to so many octets at a time."""
    answer = None
    for at in range(0, len(text), CHUNK):
        piece = text[at:at + CHUNK]
        last = b" LAST" if at + CHUNK >= len(text) else b""
        client.say(b"BDAT %d%s\r\n" % (len(piece), last) + piece)
        answer = client.reply()
    return answer


# name -> how each message of a session is sent, and its text
SESSIONS = {
    "two by SMTP": [(by_data, SMALL), (by_data, SMALL.replace(b"small", b"second"))],
    "one of 300 KB by SMTP, in chunks": [(by_chunks, LARGE)],
}


class Reception(Submission):
    """One session. done: the answer to each message, as far as it came."""
    last_word = r'"250 2\.0\.0 Queued as'

    def __init__(self, site, folder, messages, call=None, disturbance=None):
        super().__init__(site, folder, None, call, disturbance)
        self.messages = messages

    def trace(self):
        calls = super().trace()
        assert len(self._promised()) == len(self.messages), self.done
        return calls

    def _prepare(self):
        self.port = free_port()
        self.place.configure({"listener": {"listen": [f"127.0.0.1:{self.port}"]}})

    def _submit(self):
        answers = []
        with Client(("127.0.0.1", self.port)) as client:
            try:
                client.greeted()
                for send, text in self.messages:
                    client.ask(b"MAIL FROM:<%s>" % SENDER.encode())
                    client.ask(b"RCPT TO:<%s>" % RECIPIENT.encode())
                    answers.append(send(client, text.replace(b"\n", b"\r\n")))
            except (AssertionError, ConnectionError):
                pass  # it has heard enough
        self.done = [answer for answer in answers if answer[0]]

    def _over(self):
        """All that will be, as far as anybody was told."""
        return self.done is not None and self.place.log().count("mailchuted: delivered") >= len(self._promised())

    def _promised(self):
        return [text for (code, _), (_, text) in zip(self.done, self.messages) if code == 250]

    def _check(self):
        copies = {text: [message for message in self.server.accepted() if self._is(message, text)]
                  for _, text in self.messages}
        assert sum(map(len, copies.values())) == len(self.server.accepted()), "torn"
        for number, (_, text) in enumerate(self.messages):
            answer = self.done[number] if number < len(self.done) else None
            sent = any(self._is(message, text) for message in self.sent)
            least, most = (1, 1) if answer and answer[0] == 250 else (0, 0 if answer else 1)
            assert least <= len(copies[text]) <= most + sent, f"{len(copies[text])} copies of what was answered with {answer}"
        self.duplicates = sum(max(0, len(found) - 1) for found in copies.values())
        assert self.duplicates <= 1, f"{self.duplicates} duplicates"

    @staticmethod
    def _is(message, text):
        whole = expected(text, RECIPIENT, uid=os.getuid(), sender=SENDER, hostname="client.example.org", client="me.example")
        return not difference(whole, message.data.replace(b"\r\n", b"\n"))

    def outcome(self):
        folders = [f"{len(self.left.files[name])} in {name}" for name in ("work", "cur") if self.left.files[name]]
        return ", ".join(["".join(f"{code} " for code, _ in self.done) + "heard", *folders, f"{len(self.sent)} sent"]
                         + ["sent again"] * bool(self.duplicates))

    def answer(self):
        return f"heard {self.done[0][0]}, {len(self.sent)} sent"
