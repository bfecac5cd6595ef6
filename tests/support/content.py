# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail reader makes of a message, so that two forms of the same one can be compared."""

import email
import email.header
import email.policy
import re


def parts(message):
    """[(content type, file name, decoded octets with LF)] of all that holds no parts, in order; what is signed or
    encrypted counts as one, octet for octet."""
    return list(_parts(email.message_from_bytes(message, policy=email.policy.compat32), message))


def _parts(part, message):
    kind = part.get_content_type()
    if kind in ("multipart/signed", "multipart/encrypted"):
        yield kind, None, part.as_bytes(unixfrom=False).partition(b"\n\n")[2]
    elif part.is_multipart():
        for inner in part.get_payload():
            yield from _parts(inner, message)
    else:
        yield kind, _file_name(part), _lf(part.get_payload(decode=True) or b"")


def _file_name(part):
    """Python has no name for one that is written in raw octets."""
    for name, value in part.raw_items():
        raw = re.search('filename="([^"]*)"', value) if name.lower() == "content-disposition" else None
        if raw and not value.isascii():
            return raw[1].encode("ascii", "surrogateescape").decode()
    return part.get_filename()


def structure(message):
    """The tree of content types."""
    def of(part):
        kind = part.get_content_type()
        signed = kind in ("multipart/signed", "multipart/encrypted")
        inner = part.get_payload() if part.is_multipart() and not signed else []
        return kind, [of(one) for one in inner]
    return of(email.message_from_bytes(message))


def field(message, name):
    """A field as people read it: encoded words decoded, raw octets taken for UTF-8, folding and runs of blanks one
    blank."""
    value = email.message_from_bytes(message)[name]
    if value is None:
        return None
    text = ""
    for piece, charset in email.header.decode_header(value):
        if isinstance(piece, bytes):
            charset = "utf-8" if charset in (None, "unknown-8bit") else charset
            piece = piece.decode(charset, "surrogateescape")
        text += piece
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return " ".join(text.split())


def _lf(text):
    return text.replace(b"\r\n", b"\n")
