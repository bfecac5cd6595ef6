# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps over kinds.KINDS: each call of an undisturbed life, or a sample, is disturbed in a trial of its own."""

import collections
import datetime
import os
import pathlib
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import sweep
from delivery import Prepared, Site, Trial
from kinds import KINDS
from report import case, finish


# Calls that a full disk fails.
WRITES = {"openat", "mkdirat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "renameat", "renameat2"}


def spread(calls, sample, shift):
    """About `sample` calls, evenly spread; the days take turns, so that all are met in time."""
    if not sample or sample >= len(calls):
        return list(calls)
    step = -(-len(calls) // sample)
    return calls[(datetime.date.today().toordinal() + shift) % step::step]


def trials(prepared, folder, jobs):
    """Done side by side; yields each or raises what it found wrong."""
    def one(number):
        return Trial(prepared, folder / str(number), *jobs[number]).run()
    with ThreadPoolExecutor(sweep.at_once()) as pool:
        results = [pool.submit(one, number) for number in range(len(jobs))]
    errors = [result.exception() for result in results if result.exception()]
    print("".join(f"# {error}\n" for error in errors), end="")
    assert not errors, f"{len(errors)} of {len(jobs)} went wrong, first: {errors[0]}"
    return [result.result() for result in results]


def kills(prepared, folder, calls, chosen):
    with case(f"{prepared.kind.name}: killed before {len(chosen)} of {len(calls)} system calls"):
        done = trials(prepared, folder, [(call, "signal=KILL") for call in chosen])
        tell(f"{prepared.kind.name}, killed", done)


def errors(prepared, folder, calls, sample, shift):
    on_queue = [call for call in calls if re.search("/spool[>/\"]", call.text) and call.name != "close"]
    jobs = spread([(call, f"error={error}") for call in on_queue for error in ("EIO", "ENOSPC")
                   if error == "EIO" or call.name in WRITES], sample, shift)
    with case(f"{prepared.kind.name}: {len(jobs)} times a call on the queue's files failed"):
        done = trials(prepared, folder, jobs)
        tell(f"{prepared.kind.name}, calls failed", done, lambda trial: trial.answer())


def tell(title, done, outcome=lambda trial: trial.outcome()):
    outcomes = collections.Counter(map(outcome, done))
    print(f"# {title}: {len(done)} runs, {sum(trial.duplicates for trial in done)} of them sent again; "
          + "; ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items())), flush=True)


def main(sample):
    sweep.require_strace()
    wanted = re.compile(os.environ.get("KIND", ""))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-daemon-", dir="/tmp"))
    try:
        site = Site(folder)
        for number, kind in enumerate(KINDS):
            if not wanted.search(kind.name):
                continue
            prepared = Prepared(site, kind)
            base = folder / f"trials of {number}"
            calls = Trial(prepared, base / "trace").trace()
            kills(prepared, base / "kills", calls, spread(calls, sample, number))
            errors(prepared, base / "errors", calls, sample // 2 if sample else None, number)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
