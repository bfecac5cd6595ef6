# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts for one file system: an image behind a loop device, shut down without flushing its log.

    with mounted(image, point, options):
        ...
        with cutter(point) as cut:
            cut()               from here on nothing more reaches the image
"""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import time

from report import Skip

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN alike: _IOR('X', 125, __u32)
_NO_LOG_FLUSH = struct.pack("I", 2)

# name -> command that makes the file system, mount options
FILE_SYSTEMS = {
    "ext4, data=ordered": (["mkfs.ext4", "-q"], "data=ordered"),
    "ext4, data=writeback": (["mkfs.ext4", "-q"], "data=writeback"),
    "xfs": (["mkfs.xfs", "-q"], "defaults"),
}


def sh(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


def enter_namespace():
    """Mounts in a namespace of our own: a copy in somebody else's would keep the dead file system alive."""
    if os.geteuid() != 0:
        raise Skip("needs root for loop mounts")
    if "MAILCHUTE_IN_NAMESPACE" not in os.environ:
        os.environ["MAILCHUTE_IN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def make_image(image, make):
    if not shutil.which(make[0]):
        raise Skip(f"{make[0]} is not installed")
    with open(image, "wb") as file:
        file.truncate(512 << 20)
    sh(*make, image)


@contextlib.contextmanager
def mounted(image, point, options):
    sh("mount", "-o", f"loop,{options}", image, point)
    try:
        yield
    finally:
        _unmount(point)


def _unmount(point):
    """A process that was killed may hold it for a moment longer."""
    for attempt in range(500, -1, -1):
        try:
            return sh("umount", point)
        except RuntimeError:
            if attempt == 0:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def cutter(point):
    folder = os.open(point, os.O_RDONLY)
    try:
        yield lambda: fcntl.ioctl(folder, _SHUTDOWN, _NO_LOG_FLUSH)
    finally:
        os.close(folder)
