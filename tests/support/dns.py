# SPDX-License-Identifier: GPL-3.0-or-later
"""A small DNS server on 127.0.0.1:53, for a network namespace of a test's own.

    with DnsServer({("mail.example.org", "A"): ["127.0.0.1"], ("example.org", "MX"): [(10, "mail.example.org")],
                    ("_submissions._tcp.example.org", "SRV"): [(10, 1, 465, "mail.example.org")]}) as dns: ...

`records` may be changed at any time. A name that has no record of any type does not exist.
"""

import ipaddress
import socket
import struct
import threading

_TYPES = {1: "A", 15: "MX", 28: "AAAA", 33: "SRV"}


def _name(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def _data(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    return struct.pack("!" + "H" * (len(value) - 1), *value[:-1]) + _name(value[-1])


class DnsServer:
    def __init__(self, records, address="127.0.0.1", port=53):
        self.records, self.asked = dict(records), []
        self._address = (address, port)

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(self._address)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._address)
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            question, client = self._socket.recvfrom(4096)
            if not question:
                return
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1"))
            at += 1 + question[at]
        name = ".".join(labels).lower()
        kind = _TYPES.get(struct.unpack("!H", question[at + 1:at + 3])[0])
        self.asked.append((name, kind))
        values = self.records.get((name, kind), [])
        status = 0 if any(known == name for known, _ in self.records) else 3
        answers = b""
        for value in values:
            data = _data(kind, value)
            answers += b"\xc0\x0c" + question[at + 1:at + 5] + struct.pack("!IH", 0, len(data)) + data
        header = question[:2] + struct.pack("!HHHHH", 0x8580 | status, 1, len(values), 0, 0)
        return header + question[12:at + 5] + answers
