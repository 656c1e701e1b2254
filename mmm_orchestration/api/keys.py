"""API keys: shown once, kept as salted hashes, compared in constant time.

Belongs here: the file of keys and the keys of the environment. Must not: HTTP.

A key is 256 random bits, so that one round of HMAC-SHA-256 is enough: there is nothing to guess
from a list of words, as there is with passwords.
"""

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

from filelock import FileLock

from mmm_orchestration.errors import ApiError
from mmm_orchestration.home import Home

Scope = Literal["read", "plan", "approve"]

FILE_NAME: Final = "api_keys.json"
PREFIX: Final = "mmm_"
MIN_LENGTH: Final = 32
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_OTHERS: Final = 0o077


@dataclass(frozen=True)
class ApiKey:
    """Who a key belongs to and what it may do; `digest` is the HMAC of the key under `salt`."""

    name: str
    scopes: tuple[Scope, ...]
    made: str
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def to_row(self) -> dict[str, str | list[str]]:
        """The key as it is kept."""
        return {
            "name": self.name,
            "scopes": list(self.scopes),
            "made": self.made,
            "salt": self.salt.hex(),
            "hash": self.digest.hex(),
        }


def hash_key(secret: str, *, name: str, scopes: Sequence[str], made: str) -> ApiKey:
    """The key as it is kept; raises ApiError for a name or a scope that is none."""
    if not _NAME.fullmatch(name):
        raise ApiError(
            "The name of a key is lower-case letters, digits, '_' and '-'", got=name[:63]
        )
    known: tuple[Scope, ...] = get_args(Scope)
    if not scopes or not set(scopes) <= set(known):
        raise ApiError(
            f"Key '{name}' needs scopes", got=", ".join(scopes) or "none", available=known
        )
    salt = secrets.token_bytes(16)
    kept = tuple(scope for scope in known if scope in scopes)
    return ApiKey(name=name, scopes=kept, made=made, salt=salt, digest=_digest(salt, secret))


def match_key(presented: str, keys: Iterable[ApiKey]) -> ApiKey | None:
    """The key that was presented, None where it is none of them.

    Every key is compared, whether or not one was found before, so that the time taken tells
    neither how much of a key was right nor which one.
    """
    found = None
    for key in keys:
        is_same = hmac.compare_digest(_digest(key.salt, presented), key.digest)
        found = key if is_same else found
    return found


def make_key(home: Home, *, name: str, scopes: Sequence[str]) -> str:
    """A new key, which is in no file; its hash is kept under `name`.

    Raises ApiError where the name is taken.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    key = hash_key(secret, name=name, scopes=scopes, made=made)
    path = home.base / FILE_NAME
    with FileLock(path.with_name(f".{FILE_NAME}.lock"), mode=0o600):
        kept = read_keys(path)
        if any(other.name == name for other in kept):
            raise ApiError(
                f"There is a key '{name}' already",
                fix=f"Take another name, or 'mmm keys revoke {name}'",
            )
        _write_keys([*kept, key], path=path)
    return secret


def revoke_key(home: Home, *, name: str) -> None:
    """Nothing; no key `name` is kept any more. Raises ApiError where there was none."""
    path = home.base / FILE_NAME
    with FileLock(path.with_name(f".{FILE_NAME}.lock"), mode=0o600):
        kept = read_keys(path)
        left = [key for key in kept if key.name != name]
        if len(left) == len(kept):
            raise ApiError(f"There is no key '{name}'", available=[key.name for key in kept])
        _write_keys(left, path=path)


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """The keys in the file, none where there is no file.

    Raises ApiError where others can read the file, or where it is no file of keys.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    if mode & _OTHERS:
        raise ApiError(f"{path} can be read by others", fix=f"Run 'chmod 600 {path}'")
    try:
        return tuple(
            ApiKey(
                name=str(row["name"]),
                scopes=tuple(s for s in get_args(Scope) if s in row["scopes"]),
                made=str(row["made"]),
                salt=bytes.fromhex(row["salt"]),
                digest=bytes.fromhex(row["hash"]),
            )
            for row in json.loads(text)["keys"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError(f"{path} is no file of keys", fix="Remove it and make new keys") from error


def read_env_keys(variable: str | None) -> tuple[ApiKey, ...]:
    """The keys that the environment variable holds, as `name:scope+scope:secret`, by commas.

    Raises ApiError, which shows no secret, where it does not.
    """
    keys = list[ApiKey]()
    for i, entry in enumerate(filter(None, _split(os.environ.get(variable or "", "")))):
        name, _, rest = entry.partition(":")
        scopes, _, secret = rest.partition(":")
        if len(secret) < MIN_LENGTH:
            raise ApiError(
                f"Entry {i + 1} of {variable} is no key of at least {MIN_LENGTH} characters",
                fix="Write name:scope+scope:secret, keys apart by commas",
            )
        keys.append(hash_key(secret, name=name, scopes=scopes.split("+"), made=""))
    return tuple(keys)


def load_keys(home: Home) -> tuple[ApiKey, ...]:
    """The keys of the project: those of its file, then those of the environment."""
    return (*read_keys(home.base / FILE_NAME), *read_env_keys(home.project.api.keys_env))


def _split(text: str) -> list[str]:
    return [entry.strip() for entry in re.split(r"[,\n]", text)]


def _digest(salt: bytes, secret: str) -> bytes:
    return hmac.digest(salt, secret.encode("utf-8", "surrogateescape"), "sha256")


def _write_keys(keys: Iterable[ApiKey], *, path: Path) -> None:
    """Nothing; the file is whole, and nobody else could ever read it."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    content = json.dumps({"keys": [key.to_row() for key in keys]}, indent=2)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    draft.replace(path)
