#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's mail programs, unpacked and never installed.

An installed MTA would replace the machine's /usr/sbin/sendmail and start itself. So the packages, and those they
need that are not on the machine, are only extracted into build/peers; postfix.py and its like put that tree
over /usr in a mount namespace of their own.
"""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

from report import Skip

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def build_directory():
    return pathlib.Path(os.environ.get("MAILCHUTE_BUILD") or REPOSITORY / "build").resolve()


def _run(*command, **options):
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment, **options)


def _missing(packages):
    """What apt would install: [(name, version)]; None if apt does not know."""
    done = _run("apt-get", "-s", "--no-install-recommends", "install", *packages)
    if done.returncode != 0:
        return None
    return re.findall(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+) ", done.stdout, re.M)


def _download(packages, folder):
    """Fetches what is missing into the folder. False if apt's lists are absent or too old."""
    missing = _missing(packages)
    if missing is None:
        return False
    # apt's own sandbox user cannot write into a private folder; nothing here needs that sandbox.
    return not missing or _run(
        "apt-get", "-o", "APT::Sandbox::User=root", "download", *(f"{name}={version}" for name, version in missing),
        cwd=folder).returncode == 0


def fetch(*packages):
    """The folder (with usr/ in it) holding these packages and what they need beyond the machine's own."""
    wanted = " ".join(packages)
    # One tree per set: peers conflict with each other, and a tree in use is never changed.
    folder = build_directory() / "peers" / "_".join(packages)
    root, stamp = folder / "root", folder / "done"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side; released with the file
        if stamp.exists():
            return root
        if not shutil.which("apt-get"):
            raise Skip("no apt-get to fetch " + wanted)
        debs = folder / "debs"
        for stale in (root, debs):
            shutil.rmtree(stale, ignore_errors=True)
            stale.mkdir()
        if not _download(packages, debs):
            update = _run("apt-get", "update")  # a fresh machine has no lists, an old one links to nothing
            if not _download(packages, debs):
                raise Skip(f"cannot fetch {wanted}: {update.stdout[-300:]}")
        # As on the machine, so that a package's lib/ and sbin/ land in usr/.
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        for deb in sorted(debs.glob("*.deb")):
            files = subprocess.run(["dpkg", "--fsys-tarfile", deb], stdout=subprocess.PIPE, check=True).stdout
            subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", root], input=files, check=True)
        shutil.rmtree(debs)
        stamp.touch()
        return root


if __name__ == "__main__":
    print(fetch(*(sys.argv[1:] or ["postfix"])))
