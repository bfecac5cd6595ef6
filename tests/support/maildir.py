# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a Maildir octet for octet; Python's mailbox module would parse and rewrite."""

import pathlib
import time


def files(directory, folders=("new", "cur")):
    """The messages' paths in order of delivery, as far as their names tell (seconds, then microseconds)."""
    found = [path for folder in folders for path in (pathlib.Path(directory) / folder).glob("*")]
    return sorted(found, key=_when)


def messages(directory, folders=("new", "cur")):
    return [path.read_bytes() for path in files(directory, folders)]


def count(directory, folders=("new", "cur")):
    return sum(len(list((pathlib.Path(directory) / folder).glob("*"))) for folder in folders)


def wait_for(directory, n, timeout, folders=("new", "cur")):
    """Waits until n messages are there; False when the time is up. Other programs deliver, so this polls."""
    deadline = time.monotonic() + timeout
    while count(directory, folders) < n:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def take_field(message, name):
    """(value, the rest) if the message begins with a field called so, else (None, the message as it is)."""
    end = _field_end(message)
    found, colon, value = message[:end].partition(b":")
    if not colon or found.decode("latin-1").lower() != name.lower():
        return None, message
    return value.strip(), message[end:]


def _field_end(text):
    """Where the first field, with its continuation lines, ends."""
    end = text.find(b"\n") + 1
    while end and text[end:end + 1] in (b" ", b"\t"):
        end = text.find(b"\n", end) + 1
    return end or len(text)


def _when(path):
    seconds, _, rest = path.name.partition(".")
    _, _, micro = rest.partition(".")[0].rpartition("M")
    return (int(seconds) if seconds.isdigit() else 0, int(micro) if micro.isdigit() else 0, path.name)
