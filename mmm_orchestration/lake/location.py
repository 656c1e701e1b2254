"""Where a lake lies: a folder of this machine, or any URI that delta-rs can reach."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from mmm_orchestration.errors import LakeError

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://")
_UNUSABLE = frozenset("%[]^|\\")


@dataclass(frozen=True)
class Location:
    """The root of a lake; `folder` is None where the root is not on a file system."""

    uri: str
    folder: Path | None

    @classmethod
    def parse(cls, uri: str | Path) -> Self:
        """The location that `uri` names: a path, a file:// URI or an object store.

        Raises LakeError where the path holds a character that Delta cannot.
        """
        text = str(uri)
        if _SCHEME.match(text) and not text.startswith("file://"):
            return cls(uri=text.rstrip("/"), folder=None)
        if text.startswith("file://"):
            text = unquote(urlsplit(text).path)
        folder = Path(text).expanduser().absolute()
        if unusable := _UNUSABLE & set(folder.as_posix()):
            raise LakeError(
                f"A lake cannot lie in a folder whose path holds {' '.join(sorted(unusable))}",
                got=str(folder),
                fix="Choose another folder under lake.uri in mmm.yaml",
            )
        return cls(uri=folder.as_posix(), folder=folder)

    def table_uri(self, name: str) -> str:
        """Path or URI of the table called `name`.

        Raises LakeError where that is no name of a table.
        """
        if not _TABLE_NAME.fullmatch(name):
            raise LakeError(
                "A table's name has lower-case letters, digits and underscores", got=name
            )
        return f"{self.uri}/{name}"

    def table_folder(self, name: str) -> Path | None:
        """Folder of the table on this machine, None in an object store."""
        return None if self.folder is None else Path(self.table_uri(name))


def storage_options_from_env(
    options: Mapping[str, str], *, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Storage options with their values, from option -> name of an environment variable.

    Raises LakeError that names the variables that are not set; no value is ever shown.
    """
    missing = sorted({name for name in options.values() if not environ.get(name)})
    if missing:
        raise LakeError(
            f"The lake needs environment variables that are not set: {', '.join(missing)}",
            fix="Set them, or change lake.storage_options_env in mmm.yaml",
        )
    return {option: environ[name] for option, name in options.items()}
