"""Who made which version champion, when and why, and which was champion before.

A switch is a tag of the version it was made to, under a key of its own, so it is only ever added.
Belongs here: the record and what follows from it. Must not: MLflow calls (see `store`).
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal

from mmm_orchestration.registry.versions import ModelVersion

PREFIX: Final = "switch."
Kind = Literal["promotion", "rollback"]


@dataclass(frozen=True)
class Switch:
    """One switch of an alias; `order` counts the switches of the model, so no clock is needed.

    `before` is the number of the version that had the alias, None where none had; `waived` says
    what the promoted version lacked, and is empty where it lacked nothing.
    """

    order: int
    kind: Kind
    alias: str
    number: int
    before: int | None
    by: str
    reason: str
    at: str
    waived: str = ""

    def to_tag(self) -> tuple[str, str]:
        """Key and value; no two switches ever have the same key."""
        key = f"{PREFIX}{self.order:06}.{uuid.uuid4().hex[:8]}"
        return key, json.dumps(asdict(self), ensure_ascii=False)


def read_switches(versions: Iterable[ModelVersion]) -> tuple[Switch, ...]:
    """Every switch on record, oldest first."""
    found = [
        Switch(**json.loads(text))
        for version in versions
        for key, text in version.tags.items()
        if key.startswith(PREFIX)
    ]
    return tuple(sorted(found, key=lambda switch: (switch.order, switch.at)))


def find_earlier(switches: Iterable[Switch], *, alias: str, current: int) -> int | None:
    """The version that had `alias` before `current` was given it; None where there was none.

    A promotion is put on a pile and a rollback takes from it, so that rolling back twice goes
    back twice. What each switch found (`before`) is believed more than the switch before it, which
    may have been put on record and then not made because its process died.
    """
    pile: list[int] = []
    for switch in switches:
        if switch.alias == alias:
            pile = _settle(pile, switch.before)
            is_back = switch.kind == "rollback"
            pile = _settle(pile, switch.number) if is_back else [*pile, switch.number]
    pile = _settle(pile, current)
    return pile[-2] if len(pile) > 1 else None


def _settle(pile: list[int], number: int | None) -> list[int]:
    """The pile with `number` on top: down to where it lies, else put upon it."""
    if number is None:
        return []
    for place in reversed(range(len(pile))):
        if pile[place] == number:
            return pile[: place + 1]
    return [*pile, number]
