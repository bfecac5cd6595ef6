# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of delivery that the sweep of the daemon disturbs, as a table.

What a recipient meets is said by his name: refused@ is unknown to the smart host, later@ has to wait, no@@ is no
address.
"""

import dataclasses

from scripted import HANGUP

SMALL = b"Subject: small\n\n.one\nline\n"
LARGE = b"Subject: large\n\n" + b"a line of the three hundred kilobytes of them\n" * 6600


def refuse(_server, _session, line):
    return "550 5.1.1 no such user" if b"refused" in line else None


def refuse_or_defer(server, session, line):
    return "450 4.2.1 later" if b"later" in line else refuse(server, session, line)


def refuse_text(_server, session, _line):
    """After the final dot, and only what is no notification."""
    mail = next(line for line in reversed(session.commands) if line.startswith(b"MAIL"))
    return None if b"<>" in mail else "554 5.7.1 no"


@dataclasses.dataclass(frozen=True)
class Kind:
    """messages: the recipients of each. aliases: {name of this machine: whom its alias names}. script: of the smart host (scripted.py), until it is mended.

    before: the script of an earlier attempt, whose entries of the daemon's own and notes in info/ are what the life
    begins with; without it that is submitters' files in new/. after: {name: status octet} once all is attempted
    under `script`, by default delivered; '!' is told to the sender, and '~', delivered to a server that does not tell
    one who asked with `options` of sendmail. lost: how many replies to a final dot the script itself loses. late: the
    sender is told what is not delivered yet.
    """
    name: str
    messages: list
    sender: str = "me@example.org"
    text: bytes = SMALL
    script: dict = dataclasses.field(default_factory=dict)
    before: dict | None = None
    after: dict = dataclasses.field(default_factory=dict)
    held: bool = False
    lost: int = 0
    tls: str = "none"
    aliases: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    late: bool = False

    def recipients(self, address):
        """Who gets what is for this address."""
        names = self.aliases.get(address.partition("@")[0])
        return [f"{name}@example.org" for name in names] if names else [address]

    def expected(self, address):
        return self.after.get(address.partition("@")[0], "+")

    def told(self, address):
        """What the sender is told of this recipient, in RFC 3464's word; None: nothing."""
        news = {"!": "failed", "~": "relayed"} | ({"-": "delayed"} if self.late else {})
        return news.get(self.expected(address)) if self.sender else None


KINDS = [
    Kind("one recipient", [["one"]]),
    Kind("one recipient, by TLS", [["one"]], tls="starttls"),
    Kind("one recipient, 300 KB", [["one"]], text=LARGE),
    Kind("three recipients", [["one", "two", "three"]]),
    Kind("three messages on a connection", [["one"], ["two"], ["three"]]),
    Kind("one of three refused", [["one", "refused", "three"]], script={"rcpt": refuse}, after={"refused": "!"}),
    Kind("the only one refused", [["refused"]], script={"rcpt": refuse}, after={"refused": "!"}),
    Kind("refused after the final dot", [["one"]], script={"message": refuse_text}, after={"one": "!"}),
    Kind("refused, and its notification deferred", [["refused"]], sender="later@example.org",
         script={"rcpt": refuse_or_defer}, after={"refused": "!"}),
    Kind("refused, and its notification too", [["refused"]], sender="refused-too@example.org",
         script={"rcpt": refuse}, after={"refused": "!"}),
    Kind("refused, and nobody to be told", [["one", "refused"]], sender="", script={"rcpt": refuse},
         after={"refused": "!"}),
    Kind("one is no address", [["one", "no@"]], after={"no": "!"}),
    Kind("one is no address, and the other deferred", [["later", "no@"]], script={"rcpt": refuse_or_defer},
         after={"no": "!", "later": "-"}),
    Kind("an alias for three, one of them deferred", [["list"]], aliases={"list": ["one", "two", "later"]},
         script={"rcpt": refuse_or_defer}, after={"later": "-"}),
    Kind("an alias beside another, one of it refused, one deferred", [["one", "list"]],
         aliases={"list": ["refused", "later"]}, script={"rcpt": refuse_or_defer}, after={"refused": "!", "later": "-"}),
    Kind("deferred", [["later"]], script={"rcpt": refuse_or_defer}, after={"later": "-"}),
    Kind("deferred after the final dot", [["one"]], script={"message": "451 4.3.0 later"}, after={"one": "-"}),
    Kind("one delivered, one refused, one deferred", [["one", "refused", "later"]], script={"rcpt": refuse_or_defer},
         after={"refused": "!", "later": "-"}),
    Kind("connection lost after the final dot", [["one"]], script={"message": [HANGUP, None]}, lost=1),
    Kind("held", [["one"]], script={"mail": "550 5.7.1 not you"}, after={"one": "-"}, held=True),
    Kind("retried after a restart", [["one", "later"]], before={"rcpt": refuse_or_defer}),
    Kind("retried, and deferred again", [["one", "later"]], before={"rcpt": refuse_or_defer},
         script={"rcpt": refuse_or_defer}, after={"later": "-"}),
    Kind("retried, and one refused earlier", [["one", "refused", "later"]], before={"rcpt": refuse_or_defer},
         after={"refused": "!"}),
    Kind("relayed", [["one"]], options=("-N", "success"), after={"one": "~"}),
    Kind("one relayed, one refused", [["one", "refused"]], options=("-N", "success,failure"), script={"rcpt": refuse},
         after={"one": "~", "refused": "!"}),
    Kind("deferred, and late", [["later"]], script={"rcpt": refuse_or_defer}, after={"later": "-"}, late=True),
    Kind("one delivered, one refused, one late", [["one", "refused", "later"]], before={"rcpt": "450 4.2.1 busy"},
         script={"rcpt": refuse_or_defer}, after={"refused": "!", "later": "-"}, late=True),
    Kind("late, and delivered after a restart", [["one"]], before={"rcpt": "450 4.2.1 busy"}, late=True),
    Kind("retried where possibly delivered", [["one", "two"]], before={"message": HANGUP}),
]
