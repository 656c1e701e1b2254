"""The champions that are served, exchanged without a restart.

Belongs here: when to look, and what to do where a new champion cannot be used. Must not: HTTP.

MLflow's own file is looked at once a second, which costs two calls to the system; the registry is
asked when it has changed, and from time to time besides. A tracking server is asked every few
seconds. A champion that is not whole leaves the one before it in its place, with a note.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mmm_orchestration.api.asking import Asker
from mmm_orchestration.api.champion import Champion, load_champion
from mmm_orchestration.api.problems import RefusedError, hide_base
from mmm_orchestration.errors import MmmError
from mmm_orchestration.home import FILE_NAME, Home

LOOK_SECONDS: Final = 1.0
ASK_SECONDS: Final = 30.0
ASK_SERVER_SECONDS: Final = 5.0
_SQLITE: Final = "sqlite:///"

_log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int], ...]


@dataclass
class Place:
    """One model: its champion, and why that is not the newest one where it is not."""

    home: Home
    champion: Champion | None = None
    note: str = ""
    stamp: Stamp | None = None
    asked_at: float = float("-inf")

    @property
    def name(self) -> str | None:
        """The name of the model, None where the project has one."""
        return self.home.one.model_name


class Shelf:
    """The places of all models of a project, or of the one that is meant."""

    def __init__(self, home: Home, *, file: Path | None = None) -> None:
        self.home = home
        self.places = [Place(each) for each in home.list_models()]
        self._asker = Asker(file or home.base / FILE_NAME)

    def get(self, name: str | None) -> Champion:
        """The champion of the model `name`, which may be left out where there is one model.

        Raises RefusedError: 404 for an unknown model, 422 where none is named, 503 without a
        champion.
        """
        known = [place.name for place in self.places if place.name]
        if name is None and len(self.places) > 1:
            raise RefusedError(
                422, "The project has several models", available=known, fix="Add ?model=NAME"
            )
        for place in self.places:
            if name is None or place.name == name:
                if place.champion is None:
                    raise RefusedError(
                        503,
                        place.note or "There is no champion yet",
                        fix="Promote a version: mmm promote",
                    )
                return place.champion
        raise RefusedError(404, "There is no such model", got=name, available=known)

    async def run(self) -> None:
        """Nothing, until it is cancelled; then the process that reads the registry has ended."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._asker.close()

    async def look(self) -> None:
        """Nothing; every place has the champion of the registry, or a note."""
        for place in self.places:
            stamp, now = read_stamp(place.home.mlflow_uri), time.monotonic()
            pause = ASK_SERVER_SECONDS if stamp is None else ASK_SECONDS
            if stamp != place.stamp or now - place.asked_at >= pause:
                place.stamp, place.asked_at = stamp, now
                await self._exchange(place)

    async def _exchange(self, place: Place) -> None:
        known = place.champion.record.version if place.champion else None
        try:
            found = await self._asker.ask(model=place.name, known=known)
            version, snapshot = found["version"], found["snapshot"]
            if found["error"]:
                _note(place, found["error"])
            elif version is None or snapshot is None:
                # an alias that was taken away says nothing against the version that had it
                _note(place, "The registry has no champion")
            elif version == known:
                place.note = ""
            else:
                place.champion = await asyncio.to_thread(
                    load_champion, place.home, version=version, snapshot=snapshot
                )
                place.note = ""
                _log.info("Serving version %s of %s", version, place.name or "the model")
        except MmmError as error:
            _note(place, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it breaks, the one that serves stays
            _log.exception("The new champion of %s cannot be loaded", place.name or "the model")
            _note(place, f"The new champion cannot be loaded: {type(error).__name__}")


def read_stamp(uri: str) -> Stamp | None:
    """When MLflow's file and its log were last written, and their sizes; None for a server."""
    if not uri.startswith(_SQLITE):
        return None
    stamps = []
    for name in (uri.removeprefix(_SQLITE), f"{uri.removeprefix(_SQLITE)}-wal"):
        try:
            found = Path(name).stat()
        except OSError:
            stamps.append((0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def _note(place: Place, why: str) -> None:
    told = hide_base(why, base=place.home.base)
    if told != place.note:
        _log.warning("%s: %s", place.name or "the model", told)
    place.note = told


def count_served(places: Sequence[Place]) -> int:
    """How many models have a champion in memory."""
    return sum(place.champion is not None for place in places)
