# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon says on its control socket, taken apart."""

import dataclasses
import re
import socket


@dataclasses.dataclass
class Entry:
    id: str
    place: str          # incoming, active, waiting, held, failed
    size: int
    uid: int
    sender: str
    attempts: int
    last_attempt: float
    next_try: float
    reason: str
    recipients: dict    # address -> status: '-' to do, '?' possibly delivered, '+' done, '!' failed
    replies: dict       # address -> the final reply of one that failed


def ask(daemon, request, timeout=30):
    """(data lines without their blank, last line); the request goes as it is."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(daemon.run / "control"))  # with a timeout it would not wait for its turn
        client.settimeout(timeout)
        client.sendall(request.encode() + b"\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    lines = [line for line in answer.decode("utf-8", "replace").splitlines() if line != "WAIT"]
    if not lines or not re.match(r"(OK|ERROR)\b", lines[-1]):
        raise AssertionError(f"half an answer: {lines}")
    return [line[1:] for line in lines[:-1]], lines[-1]


def entries(daemon):
    """id -> Entry, of what this user may see."""
    found, request = [], "LIST"
    while request:
        lines, last = ask(daemon, request)
        assert last.startswith("OK"), last
        found += [_entry(line.split("\t")) for line in lines]
        more = re.search(r" next=(\S+)", last)
        request = f"LIST {more[1]}" if more else None
    return {entry.id: entry for entry in found}


def status(daemon):
    lines, _ = ask(daemon, "STATUS")
    return dict(line.split("=", 1) for line in lines)


def _entry(fields):
    triples = list(zip(*[iter(fields[10:])] * 3))
    return Entry(fields[0], fields[1], int(fields[3]), int(fields[4]), fields[5], int(fields[6]), float(fields[7]),
                 float(fields[8]), fields[9], {address: state for state, address, _ in triples},
                 {address: reply for _, address, reply in triples if reply})
