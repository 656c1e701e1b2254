"""Files that are written whole or not at all.

Belongs here: small results of one write. Must not: tables (see `lake`), posteriors (see `model`).
"""

from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """`path` with `content`, text in UTF-8; its folder is made, and readers never see a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return draft.rename(path)
