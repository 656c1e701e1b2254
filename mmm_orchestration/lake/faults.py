"""The one place where errors of delta-rs, polars and the system become errors of the lake."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from mmm_orchestration.errors import LakeError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_ALREADY_THERE = re.compile(
    r"table already exists at that location|version .* already exists", re.I
)
_OS_ERROR = re.compile(r"os error (\d+)")
_QUERY_STRING = re.compile(r"\?\S+")


class ConflictError(LakeError):
    """Another writer committed first; nothing of this write is in the table."""


@contextmanager
def translate_faults(action: str, *, table: str, fix: str = "") -> Iterator[None]:
    """A block whose storage errors become LakeError: "Cannot `action` table 'x': …".

    A commit that lost a race becomes ConflictError, a full disk says so.
    """
    try:
        yield
    except (DeltaError, OSError, pl.exceptions.PolarsError) as error:
        raise explain_fault(error, action=action, table=table, fix=fix) from error


def explain_fault(error: Exception, *, action: str, table: str, fix: str = "") -> LakeError:
    """The LakeError that says what `error` means for `action` on `table`."""
    number = _find_errno(error)
    what = f"Cannot {action} table '{table}'"
    if number in _FULL:
        return LakeError(f"{what}: the disk is full or its quota is used up", fix=fix)
    if isinstance(error, CommitFailedError) or _ALREADY_THERE.search(str(error)):
        return ConflictError(f"{what}: other writers kept committing first", fix="Run it again")
    if number in _READ_ONLY:
        return LakeError(f"{what}: the place is not writable or readable for this user", fix=fix)
    if isinstance(error, TableNotFoundError):
        return LakeError(f"{what}: it does not exist", fix="Materialise it first")
    return LakeError(f"{what}: {_shorten(error)}", fix=fix)


def _find_errno(error: Exception) -> int | None:
    """The system's error number, which delta-rs gives only in words."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _OS_ERROR.search(str(error))
    return int(found.group(1)) if found else None


def _shorten(error: Exception) -> str:
    """The first line of the error's text, without query strings, which may hold signatures."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return _QUERY_STRING.sub("?…", line)[:200]
