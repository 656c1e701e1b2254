"""One plain tar of files with a manifest of their SHA-256, written while they are read.

Belongs here: writing and checking the archive. Must not: what goes into it (see `backup`).
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from mmm_orchestration.errors import UpkeepError

MANIFEST: Final = "manifest.json"
MOST_MANIFEST: Final = 256 * 2**20
_CHUNK: Final = 2**20


class Manifest(BaseModel):
    """What an archive holds: SHA-256 by file, the version of each table and where it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    made_at: str
    base: str
    versions: dict[str, int]
    files: dict[str, str]


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the file."""
        data = self._file.read(size)
        self.digest.update(data)
        return data


def write_archive(
    target: Path, *, files: Iterable[tuple[str, Path]], about: Mapping[str, object]
) -> Manifest:
    """The manifest of the archive of `files`, by their name in it; `about` is the rest of it.

    The archive appears at `target` when it is whole and on the disk.
    """
    draft, digests = target.with_name(f".{target.name}.part"), dict[str, str]()
    try:
        with draft.open("wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
            for name, path in files:
                with path.open("rb") as source:
                    info = tarfile.TarInfo(name)
                    info.size = os.fstat(source.fileno()).st_size
                    reader = _Hashing(source)
                    tar.addfile(info, reader)
                    digests[name] = reader.digest.hexdigest()
            manifest = Manifest.model_validate({**about, "files": digests})
            text = manifest.model_dump_json().encode()
            last = tarfile.TarInfo(MANIFEST)
            last.size = len(text)
            tar.addfile(last, io.BytesIO(text))
            tar.close()
            out.flush()
            os.fsync(out.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def unpack_archive(source: Path, *, folder: Path, roots: Iterable[str]) -> Manifest:
    """The manifest of an archive whose files are now below `folder`, each as it was written.

    Raises UpkeepError before the first file is made where the archive holds anything but plain
    files below `roots`, and while they are made where one is not what the manifest says.
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            members = tar.getmembers()
            manifest = _read_manifest(tar, members, source=source)
            _check_members(members, manifest=manifest, roots=frozenset(roots))
            for member in members[:-1]:
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                if _copy(tar, member, path) != manifest.files[member.name]:
                    raise _broken(f"'{member.name}' is not what was put into it")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UpkeepError(
            f"Archive {source} cannot be read", got=str(error), fix="Take another backup"
        ) from error
    return manifest


def _read_manifest(
    tar: tarfile.TarFile, members: list[tarfile.TarInfo], *, source: Path
) -> Manifest:
    last = members[-1] if members else None
    file = tar.extractfile(last) if last is not None and last.isreg() else None
    if last is None or file is None or last.name != MANIFEST or last.size > MOST_MANIFEST:
        raise _broken(f"{source.name} does not end with its manifest")
    try:
        return Manifest.model_validate_json(file.read())
    except ValidationError as error:
        raise _broken("its manifest cannot be read") from error


def _check_members(
    members: list[tarfile.TarInfo], *, manifest: Manifest, roots: frozenset[str]
) -> None:
    names = [member.name for member in members[:-1]]
    for member in members:
        if not member.isreg():
            raise _broken(f"'{member.name}' is no plain file")
    for name in names:
        path = PurePosixPath(name)
        is_plain = path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
        if not is_plain or len(path.parts) < 2 or path.parts[0] not in roots or "\0" in name:
            raise _broken(f"'{name}' would lie elsewhere")
    if len(set(names)) != len(names) or set(names) != set(manifest.files):
        raise _broken("its files are not those of its manifest")


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    """SHA-256 of the file as it was copied to `path`."""
    digest, source = hashlib.sha256(), tar.extractfile(member)
    assert source is not None, "only plain files are copied"  # noqa: S101
    with source, path.open("xb") as out:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _broken(what: str) -> UpkeepError:
    return UpkeepError(
        f"This archive is refused: {what}", fix="Nothing was restored; take another backup"
    )
