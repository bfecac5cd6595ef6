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


def trials(prepared, folder, who, jobs):
    """All of them, done side by side; raises what went wrong."""
    def one(number):
        return Trial(prepared, folder / str(number), who, *jobs[number]).run()
    with ThreadPoolExecutor(sweep.at_once()) as pool:
        results = [pool.submit(one, number) for number in range(len(jobs))]
    errors = [result.exception() for result in results if result.exception()]
    print("".join(f"# {error}\n" for error in errors), end="")
    assert not errors, f"{len(errors)} of {len(jobs)} went wrong, first: {errors[0]}"
    return [result.result() for result in results]


def kills(prepared, folder, who, sample, shift):
    """Returns the calls of an undisturbed life."""
    calls = Trial(prepared, folder / "trace", who).trace()
    chosen = spread(calls, sample, shift)
    title = f"{prepared.kind.name}: {who} killed"
    with case(f"{title} before {len(chosen)} of {len(calls)} system calls"):
        tell(title, trials(prepared, folder, who, [(call, "signal=KILL") for call in chosen]))
    return calls


def errors(prepared, folder, calls, sample, shift):
    on_queue = [call for call in calls if re.search("/spool[>/\"]", call.text) and call.name != "close"]
    jobs = spread([(call, f"error={error}") for call in on_queue for error in ("EIO", "ENOSPC")
                   if error == "EIO" or call.name in WRITES], sample, shift)
    title = f"{prepared.kind.name}: a call on the queue's files failed"
    with case(f"{title}, {len(jobs)} times"):
        tell(title, trials(prepared, folder, "worker", jobs), lambda trial: trial.answer())


def tell(title, done, outcome=lambda trial: trial.outcome()):
    outcomes = collections.Counter(map(outcome, done))
    print(f"# {title}: {len(done)} runs, {sum(trial.duplicates for trial in done)} of them sent again; "
          + "; ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items())), flush=True)


def main(sample):
    """sample: of how many calls of each kind; None: of all."""
    sweep.require_strace()
    wanted = re.compile(os.environ.get("KIND", ""))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-daemon-", dir="/tmp"))
    try:
        site = Site(folder)
        for number, kind in enumerate(KINDS):
            if wanted.search(kind.name):
                base = folder / str(number)
                prepared = Prepared(site, kind)
                calls = kills(prepared, base / "kills", "worker", sample, number)
                errors(prepared, base / "errors", calls, sample // 2 if sample else None, number)
                if number == 0:  # the others would be no different
                    kills(prepared, base / "keeper", "keeper", sample, number)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
