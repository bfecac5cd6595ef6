# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps over kinds.KINDS, digests, what is handed in by socket and by SMTP, and what administrators do: each call of an
undisturbed life, or a sample, is disturbed in a trial of its own."""

import collections
import datetime
import os
import pathlib
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import sweep
from acts import ACTS, IMPORTS, ActTrial, Import, OriginalTrial, PreparedOriginal
from acts import Prepared as PreparedAct
from delivery import Prepared, Site, Trial
from digests import SCRIPTS, DigestTrial
from digests import Prepared as PreparedDigest
from kinds import KINDS
from reception import SESSIONS, Reception
from report import case, finish
from submission import MESSAGES, Submission
from trial import AFTERWARDS

# Calls that a full disk fails.
WRITES = {"openat", "mkdirat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "renameat", "renameat2"}


def spread(calls, sample, shift):
    """About `sample` calls, evenly spread; the days take turns, so that all are met in time."""
    if not sample or sample >= len(calls):
        return list(calls)
    step = -(-len(calls) // sample)
    return calls[(datetime.date.today().toordinal() + shift) % step::step]


def side_by_side(trials):
    """Runs them all; raises what went wrong."""
    with ThreadPoolExecutor(sweep.at_once()) as pool:
        results = [pool.submit(trial.run) for trial in trials]
    errors = [result.exception() for result in results if result.exception()]
    print("".join(f"# {error}\n" for error in errors[:5]), end="")
    assert not errors, f"{len(errors)} of {len(trials)} went wrong, first: {errors[0]}"
    return [result.result() for result in results]


def kills(title, folder, make, sample, shift):
    """make(folder, call, disturbance): a trial. Returns the calls of an undisturbed life."""
    calls = make(folder / "trace").trace()
    chosen = spread(calls, sample, shift)
    with case(f"{title} killed before {len(chosen)} of {len(calls)} system calls"):
        tell(f"{title} killed", side_by_side([make(folder / str(number), call, "signal=KILL")
                                              for number, call in enumerate(chosen)]))
    return calls


def errors(title, folder, make, calls, sample, shift):
    on_queue = [call for call in calls if re.search("/spool[>/\"]", call.text) and call.name != "close"]
    jobs = spread([(call, f"error={error}") for call in on_queue for error in ("EIO", "ENOSPC")
                   if error == "EIO" or call.name in WRITES], sample, shift)
    with case(f"{title}, {len(jobs)} times"):
        tell(title, side_by_side([make(folder / str(number), *job) for number, job in enumerate(jobs)]),
             lambda trial: trial.answer())


def tell(title, done, outcome=lambda trial: trial.outcome()):
    outcomes = collections.Counter(map(outcome, done))
    print(f"# {title}: {len(done)} runs, {sum(trial.duplicates for trial in done)} of them sent again; "
          + "; ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items())), flush=True)


def deliveries(site, base, kind, sample, shift):
    prepared = Prepared(site, kind)

    def disturbed(who):
        return lambda folder, *job: Trial(prepared, folder, who, *job)
    calls = kills(f"{kind.name}: worker", base / "kills", disturbed("worker"), sample, shift)
    errors(f"{kind.name}: a call on the queue's files failed", base / "errors", disturbed("worker"), calls,
           sample // 2 if sample else None, shift)
    if kind is KINDS[0]:  # the others would be no different
        kills(f"{kind.name}: keeper", base / "keeper", disturbed("keeper"), sample, shift)


def sessions(site, base, name, messages, sample, shift):
    def disturbed(folder, *job):
        return Reception(site, folder, messages, *job)
    calls = kills(f"{name}: worker", base / "kills", disturbed, sample, shift)
    if len(messages) == 1:  # else the calls of the first one's delivery are among them
        errors(f"{name}: a call on the queue's files failed", base / "errors", disturbed, calls[:-AFTERWARDS],
               sample // 2 if sample else None, shift)


def digests(site, base, name, script, sample, shift):
    prepared = PreparedDigest(site, base / "prepared")

    def disturbed(folder, *job):
        return DigestTrial(prepared, script, folder, *job)
    calls = kills(f"{name}: worker", base / "kills", disturbed, sample, shift)
    errors(f"{name}: a call on the queue's files failed", base / "errors", disturbed, calls,
           sample // 2 if sample else None, shift)


def acts(site, base, name, act, sample, shift):
    prepare, trial = (PreparedOriginal, OriginalTrial) if act.in_digest else (PreparedAct, ActTrial)
    prepared = prepare(site, act, base / "prepared")

    def disturbed(folder, *job):
        return trial(prepared, folder, *job)
    calls = kills(f"{name}: worker", base / "kills", disturbed, sample, shift)
    errors(f"{name}: a call on the queue's files failed", base / "errors", disturbed, calls,
           sample // 2 if sample else None, shift)


def main(sample):
    """sample: of how many calls of each kind; None: of all."""
    sweep.require_strace()
    wanted = re.compile(os.environ.get("KIND", ""))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mailchute-daemon-", dir="/tmp"))
    try:
        site = Site(folder)
        for number, kind in enumerate(KINDS):
            if wanted.search(kind.name):
                deliveries(site, folder / str(number), kind, sample, number)
        for name, text, kind in ([(*one, Submission) for one in MESSAGES.items()] +
                                 [(*one, Import) for one in IMPORTS.items()]):
            if wanted.search(name):
                kills(f"{name}: worker", folder / name,
                      lambda where, *job, text=text, kind=kind: kind(site, where, text, *job), sample, len(name))
        for name, messages in SESSIONS.items():
            if wanted.search(name):
                sessions(site, folder / name, name, messages, sample, len(name))
        for name, script in SCRIPTS.items():
            if wanted.search(name):
                digests(site, folder / name, name, script, sample, len(name))
        for name, act in ACTS.items():
            if wanted.search(name):
                acts(site, folder / name, name, act, sample and sample // 2, len(name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
