"""What makes a local commit survive a power cut: hard links, a checked sync, a lock for repair."""

import ctypes
import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmm_orchestration.errors import LakeError


def flush_file_system(folder: Path) -> None:
    """Nothing, once everything written to the file system of `folder` is on the disk.

    Raises OSError where the kernel reports that something could not be written.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if syncfs is None:
            _flush_each(folder)
        elif syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def _flush_each(folder: Path) -> None:
    """Sync of every file and folder below `folder`, for systems without syncfs."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_hard_links(folder: Path) -> None:
    """Nothing, when `folder` can hold hard links, which every local commit needs.

    Raises LakeError where the file system has none, OSError where no file can be made at all.
    """
    source = folder / f".link-{uuid.uuid4().hex}"
    target = source.with_suffix(".to")
    source.touch()
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise LakeError(
            "The lake's file system makes no hard links, so no commit can be atomic",
            got=str(folder),
            fix="Put the lake on a local disk or an object store with lake.uri in mmm.yaml",
        ) from error
    finally:
        source.unlink()
        target.unlink(missing_ok=True)


@contextmanager
def lock_table(folder: Path) -> Iterator[None]:
    """A block that only one process of this machine is in at a time for the table."""
    descriptor = os.open(folder / ".repair.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
