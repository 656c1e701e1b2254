"""Who may ask, and how often.

Belongs here: the keys as they are now, and a bucket of tokens for each. Must not: HTTP.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Final

from mmm_orchestration.api.keys import FILE_NAME, ApiKey, match_key, read_env_keys, read_keys
from mmm_orchestration.errors import ApiError
from mmm_orchestration.home import Home

LOOK_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


@dataclass
class Bucket:
    """Tokens that come back at `rate` a second up to `size`; a request takes one."""

    rate: float
    size: float
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Zero where a token was there, else the seconds until one will be."""
        self.tokens = min(self.size, self.tokens + self.rate * (now - self.at))
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


@dataclass
class Ring:
    """The keys of a project; a key made or revoked meanwhile counts within a second.

    A file of keys that cannot be read any more opens nothing.
    """

    home: Home
    buckets: dict[str, Bucket] = field(default_factory=dict)
    _fixed: tuple[ApiKey, ...] = ()
    _kept: tuple[ApiKey, ...] = ()
    _stamp: tuple[int, int, int] | None = None
    _looked_at: float = float("-inf")

    def __post_init__(self) -> None:
        self._fixed = read_env_keys(self.home.project.api.keys_env)

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """The keys as they are now."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._read()
        return (*self._kept, *self._fixed)

    def find(self, presented: str) -> ApiKey | None:
        """The key that was presented, None where it is none."""
        return match_key(presented, self.keys)

    def take(self, key: ApiKey) -> float:
        """Zero where the key may ask now, else the seconds until it may."""
        now = time.monotonic()
        per_minute = self.home.project.api.rate_per_minute
        if key.name not in self.buckets:
            self.buckets[key.name] = Bucket(per_minute / 60, per_minute, per_minute, now)
        return self.buckets[key.name].take(now)

    def _read(self) -> None:
        path = self.home.base / FILE_NAME
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_mode)
            if stamp != self._stamp:
                self._kept = read_keys(path)
            self._stamp = stamp
        except FileNotFoundError:
            self._kept, self._stamp = (), None
        except (ApiError, OSError) as error:
            if self._kept or self._stamp is None:
                _log.error("No key of %s is taken: %s", FILE_NAME, error)
            self._kept, self._stamp = (), (0, 0, 0)
