# SPDX-License-Identifier: GPL-3.0-or-later
"""What must arrive when a message is piped into sendmail -i: a model written from the manual page alone.

Changed are: Received on top; Date, From, Message-ID (or their Resent- forms) added where missing; Bcc, Resent-Bcc
and Return-Path removed; bare names in address fields qualified; CRLF -> LF; a final newline; a `From ` line dropped;
a bare CR in the header -> a blank; raw octets above 127 there -> encoded words; a body with a bare CR or a line over 998
octets is encoded. Every other octet stays.

For a server with 8BITMIME, that is, and what tests/support/messages.py makes; 59-bodies has the rest.
"""

import base64
import quopri
import re

_DATE = rb"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_REMOVED = {b"bcc", b"resent-bcc", b"return-path"}
_ADDRESSES = {prefix + name for prefix in (b"", b"resent-") for name in (b"from", b"sender", b"reply-to", b"to", b"cc")}
# Comment, quoted string, domain literal, encoded word, blanks, special, word.
_TOKEN = re.compile(rb'(?P<skip>\((?:[^()\\]|\\.)*\)|\s+)|(?P<special>[<>,;:])|(?P<at>@)|(?P<dot>\.)|'
                    rb'(?P<word>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|=\?[^\s?]*\?.\?[^\s?]*\?=|[^\s()<>\[\],;:@."]+)', re.S)


def expected(message, recipient, *, uid, sender, hostname, name="", client=None):
    """The parts that must arrive one after the other: octets, or a pattern for what nobody can foretell.

    The message went to one recipient with `sender` as the reverse-path and `name` from -F. client: what somebody on
    127.0.0.1 who handed it in by SMTP said in EHLO.
    """
    fields, body = _split(_as_lines(message))
    host = re.escape(hostname.encode())
    whence = rb"from %s \(\[127\.0\.0\.1\]\)\n\t" % re.escape(client.encode()) if client else b""
    received = re.compile(rb"Received: %sby %s \(mailchute, from uid %d\)\n\twith %s id [\w-]+\n\tfor <%s>;\n\t%s\n"
                          % (whence, host, uid, b"ESMTP" if client else b"local", re.escape(recipient.encode()), _DATE))
    author = f"{name} <{sender}>" if name else sender
    missing = {b"Date": re.compile(rb"%s\n" % _DATE), b"From": author.encode() + b"\n",
               b"Message-ID": re.compile(rb"<[\w.-]+@%s>\n" % host)}
    kept = [[_qualified(field, hostname.encode())] for field in fields if _name(field) not in _REMOVED]
    first = next((i for i, field in enumerate(fields) if _name(field).startswith(b"resent-")), None)
    if first is None:
        place, prefix, block = len(kept), b"", fields
    else:  # sent again: the new fields go on top of the first block of Resent- fields
        place = sum(_name(field) not in _REMOVED for field in fields[:first])
        prefix, block = b"Resent-", _resent_block(fields[first:])
    present = {_name(field) for field in block}
    kept[place:place] = [[prefix + key + b": ", value] for key, value in missing.items()
                         if (prefix + key).lower() not in present]
    parts = [received, *(part for field in kept for part in field)]
    return [*(part.replace(b"\r", b" ") if isinstance(part, bytes) else part for part in parts), b"\n" + body]


def difference(parts, arrived):
    """None if the parts are what arrived; otherwise where and how it first differs."""
    found = [_difference(parts, text) for text in _readings(arrived)]
    return None if None in found else found[0]


_ENCODED_WORD = re.compile(rb"=\?(?:UTF-8|UNKNOWN-8BIT)\?Q\?([^?]*)\?=(?:\n (?==\?(?:UTF-8|UNKNOWN-8BIT)\?Q))?")
_ENCODED_BODY = re.compile(rb"(MIME-Version: 1\.0\n)?(?:Content-Type: text/plain; charset=[\w-]+\n)?"
                           rb"Content-Transfer-Encoding: (quoted-printable|base64)\n\Z")


def _readings(arrived):
    """With all that was encoded on the way decoded again; MIME-Version may or may not have been there before."""
    head, blank, body = arrived.partition(b"\n\n")
    head = _ENCODED_WORD.sub(lambda word: quopri.decodestring(word[1], header=True), head + b"\n")
    fields = _ENCODED_BODY.search(head)
    if fields and blank:
        as_base64 = fields[2] == b"base64"  # of lines that end with CRLF
        body = base64.b64decode(body).replace(b"\r\n", b"\n") if as_base64 else quopri.decodestring(body)
        if fields[1]:
            yield head[:fields.end(1)] + b"\n" + body
        head = head[:fields.start()]
    yield head + blank[1:] + body


def _difference(parts, arrived):
    at = 0
    for part in parts:
        if isinstance(part, bytes):
            if not arrived.startswith(part, at):
                same = next((i for i, (a, b) in enumerate(zip(part, arrived[at:])) if a != b),
                            min(len(part), len(arrived) - at))
                return (f"at octet {at + same}: expected {part[same:same + 60]!r}, "
                        f"arrived {arrived[at + same:at + same + 60]!r}")
            at += len(part)
        else:
            match = part.match(arrived, at)
            if not match:
                return f"at octet {at}: {arrived[at:at + 200]!r} is not {part.pattern!r}"
            at = match.end()
    return None if at == len(arrived) else f"at octet {at}: too much arrived: {arrived[at:at + 60]!r}"


def _as_lines(message):
    text = message.replace(b"\r\n", b"\n")
    return text if text.endswith(b"\n") or not text else text + b"\n"


def _split(text):
    """(fields with their folded lines and line ends, body)."""
    lines = re.findall(rb"[^\n]*\n", text)
    fields, at, i = [], 0, 0
    while i < len(lines) and lines[i].startswith((b"From ", b">From ")):
        i += 1
    if i and not (i < len(lines) and (lines[i] == b"\n" or _FIELD.match(lines[i]))):
        return [], text  # text that happens to begin with the word, no mailbox line
    for line in lines[i:]:
        at += len(line)
        if line == b"\n":
            break
        if fields and line[:1] in (b" ", b"\t"):
            fields[-1] += line
        elif _FIELD.match(line):
            fields.append(line)
        else:
            at -= len(line)
            break
    return fields, text[sum(map(len, lines[:i])) + at:]


def _name(field):
    return field.partition(b":")[0].strip().lower()


def _resent_block(fields):
    """The fields of the first sending again: a name that comes twice begins the next one."""
    block = []
    for field in fields:
        if not _name(field).startswith(b"resent-") or _name(field) in map(_name, block):
            break
        block.append(field)
    return block


def _qualified(field, domain):
    if _name(field) not in _ADDRESSES:
        return field
    start = field.index(b":") + 1
    places, mailbox = [], []

    def end_of_mailbox():
        kinds = [kind for kind, _ in mailbox]
        plain = kinds and "at" not in kinds and ("word", "word") not in list(zip(kinds, kinds[1:]))
        if plain:
            places.append(mailbox[-1][1])
        mailbox.clear()

    done = False  # behind the '>' of this mailbox
    for token in _TOKEN.finditer(field, start):
        if token["special"] in (b",", b";"):
            if not done:
                end_of_mailbox()
            mailbox.clear()
            done = False
        elif token["special"] in (b"<", b":"):
            mailbox.clear()  # that was a name, of a person or a group
        elif token["special"] == b">":
            end_of_mailbox()
            done = True
        elif not token["skip"]:
            mailbox.append((token.lastgroup, token.end()))
    if not done:
        end_of_mailbox()
    for place in reversed(places):
        field = field[:place] + b"@" + domain + field[place:]
    return field
