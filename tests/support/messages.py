# SPDX-License-Identifier: GPL-3.0-or-later
"""Varied messages as programs pipe them into sendmail, the same for the same seed.

Every message but those without any text carries token(i, seed), so that a test can tell what came out where. Pipe
them with -i: lone dots in the middle belong to them. None holds a NUL; all addresses are in example.org.
"""

import random


def token(i, seed=0):
    return b"token-%d-%05d" % (seed, i)


def generate(n, seed=0):
    """Yields (octets as piped to sendmail, description), n times; every shape comes up again in turn."""
    rng = random.Random(seed)
    for i in range(n):
        shape = _SHAPES[i % len(_SHAPES)]
        text, ending = shape(rng, token(i, seed)), ""
        if shape not in _EXACT:
            text, ending = _line_ends(rng, text)
        yield text, shape.__name__.strip("_").replace("_", " ") + ending


def _line_ends(rng, text):
    """LF for most, as on Unix; some CRLF, some both, some without the last one."""
    how = rng.choice(("", "", "", ", CRLF", ", mixed line ends", ", no final newline"))
    if how == ", CRLF":
        return text.replace(b"\n", b"\r\n"), how
    if how == ", mixed line ends":
        lines = text.split(b"\n")
        return b"".join(line + rng.choice((b"\n", b"\r\n")) for line in lines[:-1]) + lines[-1], how
    if how == ", no final newline":
        return text.rstrip(b"\n"), how
    return text, how


_WORDS = b"disk mail quota backup failed on web night job cron finished with status log rotated and".split()


def _words(rng, n):
    return b" ".join(rng.choice(_WORDS) for _ in range(n))


def _body(rng, token):
    return token + b"\n" + b"".join(_words(rng, rng.randrange(0, 14)) + b"\n" for _ in range(rng.randrange(1, 30)))


def _message(rng, token, *fields, body=None):
    header = (b"From: web1@example.org", b"To: user@example.org", b"Subject: " + _words(rng, 4), *fields)
    return b"\n".join(header) + b"\n\n" + (_body(rng, token) if body is None else body)


# --- the shapes

def _plain(rng, token):
    return _message(rng, token)


def _complete_header(rng, token):
    return _message(rng, token, b"Date: Mon, 02 Mar 2026 10:00:00 +0100",
                    b"Message-ID: <" + token + b"@example.org>", b"MIME-Version: 1.0")


def _folded_fields(rng, token):
    return _message(rng, token, b"X-Folded: " + _words(rng, 3) + b"\n  " + _words(rng, 3) + b"\n\t" + _words(rng, 2),
                    b"Cc: one@example.org,\n two@example.org,\n\t\"Three, Third\" <three@example.org>")


def _long_field(rng, token):
    return _message(rng, token, b"X-Long: " + b"x" * rng.randrange(998, 8000))


def _many_references(rng, token):
    ids = b"\n ".join(b"<%d.%d@example.org>" % (i, rng.randrange(10 ** 9)) for i in range(100))
    return _message(rng, token, b"References: " + ids)


def _eight_bit_header(rng, token):
    return _message(rng, token, "X-Name: J\u00fcrgen \u0416\u4e2d".encode(), b"X-Latin: caf\xe9")


def _encoded_words(rng, token):
    return _message(rng, token, b"Cc: =?utf-8?q?J=C3=BCrgen?= <three@example.org>",
                    b"Comments: =?iso-8859-1?b?Y2Fm6Q==?=\n =?utf-8?q?_again?=")


def _eight_bit_body(rng, token):
    return _message(rng, token, b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8",
                    b"Content-Transfer-Encoding: 8bit", body=token + "\ngr\u00fc\u00dfe \u4e2d\u6587\n".encode() * 20)


def _octets_of_every_value(rng, token):
    # All but NUL, CR and LF: those three are line ends or not allowed in SMTP.
    usable = bytes(set(range(1, 256)) - {10, 13})
    lines = (bytes(rng.choice(usable) for _ in range(rng.randrange(1, 200))) for _ in range(20))
    return _message(rng, token, body=token + b"\n" + b"".join(line + b"\n" for line in lines))


def _no_header(rng, token):
    return b"The backup failed\n" + _body(rng, token)


def _empty_first_line(rng, token):
    return b"\n" + _body(rng, token)


def _header_only(rng, token):
    return b"Subject: nothing more\nX-Token: " + token + b"\n"


def _header_and_separator_only(rng, token):
    return b"Subject: nothing more\nX-Token: " + token + b"\n\n"


def _leading_dots(rng, token):
    return _message(rng, token, body=token + b"\n.one\n..two\n...three\n. space\n.\xff\n")


def _lone_dots(rng, token):
    return _message(rng, token, body=b".\n" + token + b"\n.\n.\n..\nstill here\n.\n")


def _very_long_lines(rng, token):
    lines = (bytes([rng.choice(b".abc \t")]) * rng.randrange(2000, 20000) for _ in range(3))
    return _message(rng, token, body=token + b"\n" + b"".join(line + b"\n" for line in lines))


def _lines_at_the_limit(rng, token):
    return _message(rng, token, body=token + b"\n" + b"".join(b"y" * n + b"\n" for n in range(996, 1002)))


def _blanks(rng, token):
    return _message(rng, token, body=b"\n\n" + token + b" \t \n \n\t\n\n\n\n")


def _many_received(rng, token):
    received = [b"Received: from h%d.example.org by h%d.example.org;\n\tMon, 02 Mar 2026 10:00:%02d +0100"
                % (i, i + 1, i) for i in range(25)]
    return b"\n".join(received) + b"\n" + _message(rng, token)


def _bcc(rng, token):
    return _message(rng, token, b"Bcc: hidden@example.org,\n\tother@example.org", b"X-After: kept")


def _return_path(rng, token):
    return b"Return-Path: <old@example.org>\n" + _message(rng, token)


def _resent(rng, token):
    return (b"Resent-From: web1@example.org\nResent-To: again@example.org\nResent-Bcc: hidden@example.org\n"
            b"Resent-Date: Mon, 02 Mar 2026 10:00:00 +0100\n" + _message(rng, token))


def _from_line(rng, token):
    return b"From web1 Mon Mar  2 10:00:00 2026\n" + _message(rng, token)


def _from_in_body(rng, token):
    return _message(rng, token, body=b"From the start\n" + token + b"\n\nFrom me\n>From you\n")


def _odd_fields(rng, token):
    return _message(rng, token, b"x-lower:no blank", b"X-Empty:", b"X-Blank: ", b"X-Colons: a: b:: c", b"X-Twice: 1",
                    b"X-Twice: 2")


def _multipart(rng, token):
    return _message(rng, token, b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="b"',
                    body=b"--b\n\n" + token + b"\n--b\nContent-Type: application/octet-stream\n"
                    b"Content-Transfer-Encoding: base64\n\n" + b"QUJD" * 19 + b"\n--b--\n")


def _large(rng, token):
    return _message(rng, token, body=token + b"\n" + (_words(rng, 12) + b"\n") * 4000)


def _nothing_at_all(rng, token):
    return b""


def _no_newline_anywhere(rng, token):
    return token


_SHAPES = [
    _plain, _complete_header, _folded_fields, _long_field, _many_references, _eight_bit_header, _encoded_words,
    _eight_bit_body, _octets_of_every_value, _no_header, _empty_first_line, _header_only, _header_and_separator_only,
    _leading_dots, _lone_dots, _very_long_lines, _lines_at_the_limit, _blanks, _many_received, _bcc, _return_path,
    _resent, _from_line, _from_in_body, _odd_fields, _multipart, _large, _nothing_at_all, _no_newline_anywhere,
]
_EXACT = {_nothing_at_all, _no_newline_anywhere}
