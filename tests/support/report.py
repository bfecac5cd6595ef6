# SPDX-License-Identifier: GPL-3.0-or-later
"""One line per case: `ok NAME`, `not ok NAME - reason`, `skip NAME - reason`.

finish() ends the script: 1 if a case failed, 77 if nothing but skips was left to say, 0 otherwise. With
MAILCHUTE_NO_SKIP set a skip counts as a failure, so that a CI that should be able to run everything cannot go
quietly green.
"""

import atexit
import contextlib
import os
import sys
import traceback

_counts = {"ok": 0, "not ok": 0, "skip": 0}
_finished = False


class Skip(Exception):
    """This cannot be tried here; the reason says what is missing."""


def _say(outcome, name, reason=""):
    if outcome == "skip" and os.environ.get("MAILCHUTE_NO_SKIP"):
        outcome, reason = "not ok", f"skipped: {reason}"
    _counts[outcome] += 1
    # One case is one line, whatever the reason contains.
    reason = " ".join(str(reason).split())
    # One write: cases may run in threads.
    print(f"{outcome} {name}" + (f" - {reason}" if reason and outcome != "ok" else "") + "\n", end="", flush=True)


def check(name, condition, reason=""):
    """Reports one case and returns whether it holds."""
    _say("ok" if condition else "not ok", name, reason)
    return bool(condition)


def skip(name, reason):
    _say("skip", name, reason)


@contextlib.contextmanager
def case(name):
    """A block as a case: an assertion or any other exception fails it, Skip skips it, the script goes on."""
    try:
        yield
    except Skip as why:
        _say("skip", name, why)
    except Exception as error:
        traceback.print_exc()
        _say("not ok", name, str(error) or type(error).__name__)
    else:
        _say("ok", name)


def _status():
    if _counts["not ok"]:
        return 1
    return 77 if _counts["skip"] and not _counts["ok"] else 0


def finish():
    global _finished
    _finished = True
    sys.exit(_status())


def _uncaught(kind, error, trace):
    name = os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0]))) or sys.argv[0]
    if issubclass(kind, Skip):
        _say("skip", name, error)
        finish()
    sys.__excepthook__(kind, error, trace)
    _say("not ok", name, error)
    finish()


def _forgotten():
    # A script that forgot finish() must not hide its failures behind exit status 0.
    if not _finished and _status() != 0:
        sys.stdout.flush()
        os._exit(_status())


sys.excepthook = _uncaught
atexit.register(_forgotten)
