"""The nightly care of the tables: small files joined, what no version needs removed, a check.

Belongs here: the order of it. Must not: how a table does it (see `lake`).
"""

from dataclasses import dataclass

from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake.lake import Lake


@dataclass(frozen=True)
class Care:
    """What was done to one table, and what is wrong with it."""

    table: str
    n_compacted: int
    n_vacuumed: int
    damage: tuple[str, ...]

    def to_row(self) -> dict[str, str | int]:
        """The care as one flat row."""
        return {
            "table": self.table,
            "files joined": self.n_compacted,
            "files removed": self.n_vacuumed,
            "damage": "; ".join(self.damage),
        }


def care_for(lake: Lake) -> tuple[Care, ...]:
    """What was done to each table; a damaged one is left as it is, for a person to look at."""
    return tuple(_care_for_one(lake, name) for name in lake.list_tables())


def _care_for_one(lake: Lake, name: str) -> Care:
    try:
        damage = tuple(str(each) for each in lake.verify(name))
        if damage:
            return Care(name, 0, 0, damage)
        return Care(name, lake.compact(name), lake.vacuum(name), ())
    except LakeError as error:
        return Care(name, 0, 0, (str(error),))
