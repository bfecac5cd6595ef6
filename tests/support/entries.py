# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue entries as src/queue/format.h describes them, read and made by a second hand.

    entry = read(path)              raises Torn for whatever is no complete entry
    octets = make(sender=b"me@example.org", recipients=[b"you@example.org"], message=b"Subject: x\\n\\ny\\n")
"""

import dataclasses
import re
import secrets
import time

_KEY = b"mailchute queue1".ljust(32, b"\0")
# The daemon's files only.
_PROGRESS = re.compile(
    rb"(?:Mailchute-(?:Status|Owner|Notification|Delay|Reply|Digest-Of|Held): [^\n]*\n)*")
_ENTRY = re.compile(rb"Mailchute-Entry: 1 (\d{20}) (\d{20}) ([0-9a-f]{32})\n")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Torn(Exception):
    pass


def digest(octets):
    """Poly1305 (RFC 8439, 2.5) with the queue's key, in hex."""
    r = int.from_bytes(_KEY[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for start in range(0, len(octets), 16):
        total = (total + int.from_bytes(octets[start:start + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return (((total + int.from_bytes(_KEY[16:], "little")) % (1 << 128)).to_bytes(16, "little")).hex().encode()


def random_id():
    return secrets.choice("01234567") + "".join(secrets.choice(_ALPHABET) for _ in range(25))


@dataclasses.dataclass
class Entry:
    envelope: list  # (name without "Mailchute-", value), in order
    header: list    # (name, value as it stands, folds and all), in order
    body: bytes
    message: bytes  # header and body
    progress: list  # (name, value) of what the daemon wrote above it, in order

    @property
    def status(self):
        """{address: status octet}; all of a submitter's file is to do."""
        addresses = [value[1:value.index(b">")] for key, value in self.envelope if key.endswith(b"Recipient")]
        octets = dict(self.progress).get(b"Status", b"-" * len(addresses))
        return {address.decode(): octet for address, octet in zip(addresses, octets.decode(), strict=True)}

    @property
    def held(self):
        return dict(self.progress).get(b"Held")

    @property
    def delay(self):
        """Whether the sender has been told that it takes long: b"owed", b"told" or None."""
        return dict(self.progress).get(b"Delay")

    def field(self, name):
        """The envelope's only field of that name, else None."""
        values = [value for key, value in self.envelope if key == name]
        return values[0] if len(values) == 1 else None

    @property
    def sender(self):
        return self.field(b"Sender")

    @property
    def recipients(self):
        """Whole lines: <address> and its parameters."""
        return [value for key, value in self.envelope if key == b"Recipient"]

    @property
    def no_addresses(self):
        """Whole lines: <what was written> and why it is none."""
        return [value for key, value in self.envelope if key == b"Bad-Recipient"]

    def headers(self, name):
        """The values of all header fields of that name."""
        return [value for key, value in self.header if key.lower() == name.lower()]


def parse(octets):
    above = _PROGRESS.match(octets)
    head = _ENTRY.match(octets, above.end())
    if not head:
        raise Torn(f"no Entry line: {octets[:60]!r}")
    length, size = int(head[1]), int(head[2])
    rest = octets[head.end():]
    if len(rest) != length + size:
        raise Torn(f"{len(rest)} octets, not {length} + {size}")
    if digest(rest) != head[3]:
        raise Torn("wrong digest")
    envelope, progress = _fields(rest[:length]), _fields(above[0])
    message = rest[length:]
    text, _, body = message.partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", text)
    header = [(name, value[1:] if value[:1] == b" " else value)
              for name, _, value in (field.partition(b":") for field in fields)]
    return Entry(envelope, header, body, message, progress)


def _fields(text):
    return [tuple(line.removeprefix(b"Mailchute-").split(b": ", 1)) for line in text.splitlines()]


def read(path):
    return parse(path.read_bytes())


def make(sender=b"me@example.org", recipients=(b"you@example.org",), message=b"Subject: x\n\ny\n", uid=0,
         envelope=None, checksum=None):
    """An entry with right lengths and digest, whatever its lines are made of. envelope: all its lines instead."""
    if envelope is None:
        lines = [b"Time: %d.000" % time.time(), b"Uid: %d" % uid, b"Sender: <%s>" % sender]
        lines += [b"Recipient: <%s>" % one for one in recipients]
        envelope = b"".join(b"Mailchute-%s\n" % line for line in lines)
    return b"Mailchute-Entry: 1 %020d %020d %s\n" % (
        len(envelope), len(message), checksum or digest(envelope + message)) + envelope + message
