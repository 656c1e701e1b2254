"""What was computed and stays right as long as its key does.

Belongs here: a small store by key, for what is asked every few minutes and seldom changes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Memory[Value]:
    """At most `size` values, each computed once for its key; the oldest is forgotten first."""

    def __init__(self, *, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of `key`, computed where it is not kept."""
        if key in self._kept:
            return self._kept[key]
        value = compute()
        self._kept[key] = value
        if len(self._kept) > self._size:
            self._kept.pop(next(iter(self._kept)), None)
        return value
