# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of 127.0.0.1 for servers that have to be told theirs."""

import socket

_kept = []


def kept_port():
    """A socket whose port nobody else gets as long as it is open: it is bound, though nobody listens, which lets in only a
    server that asks for it by number, with SO_REUSEADDR."""
    keeper = socket.socket()
    keeper.bind(("127.0.0.1", 0))
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not before, or it might be another's
    return keeper


def free_port():
    """Kept as long as this process lives."""
    _kept.append(kept_port())
    return _kept[-1].getsockname()[1]
