"""Families by name: those of this package and those that an installed package adds.

A package adds families through the entry point group `mmm_orchestration.transforms`; each entry
point names a subclass of `Adstock` or `Saturation`.
"""

from functools import cache
from importlib.metadata import entry_points

from mmm_orchestration.errors import ProjectError, nearest
from mmm_orchestration.transforms.adstock import (
    BinomialAdstock,
    DelayedAdstock,
    GeometricAdstock,
    WeibullCdfAdstock,
    WeibullPdfAdstock,
)
from mmm_orchestration.transforms.family import Adstock, Saturation
from mmm_orchestration.transforms.saturation import (
    HillSaturation,
    LogisticSaturation,
    MichaelisMentenSaturation,
    NoSaturation,
    RootSaturation,
    TanhSaturation,
)

GROUP = "mmm_orchestration.transforms"
_ADSTOCKS = (
    GeometricAdstock,
    DelayedAdstock,
    WeibullCdfAdstock,
    WeibullPdfAdstock,
    BinomialAdstock,
)
_SATURATIONS = (
    HillSaturation,
    LogisticSaturation,
    MichaelisMentenSaturation,
    TanhSaturation,
    RootSaturation,
    NoSaturation,
)


def list_adstocks() -> dict[str, Adstock]:
    """The families of carry-over by name."""
    found = {family.name: family() for family in _ADSTOCKS}
    added = {f.name: f() for f in _load_added() if issubclass(f, Adstock)}
    return found | added


def list_saturations() -> dict[str, Saturation]:
    """The families of saturation by name."""
    found = {family.name: family() for family in _SATURATIONS}
    added = {f.name: f() for f in _load_added() if issubclass(f, Saturation)}
    return found | added


def get_adstock(name: str) -> Adstock:
    """The family of carry-over called `name`, or ProjectError."""
    return _get(name, known=list_adstocks(), what="adstock")


def get_saturation(name: str) -> Saturation:
    """The family of saturation called `name`, or ProjectError."""
    return _get(name, known=list_saturations(), what="saturation")


def _get[Family](name: str, *, known: dict[str, Family], what: str) -> Family:
    if name not in known:
        close = nearest(name, known)
        hint = f"; the nearest is '{close}'" if close else ""
        raise ProjectError(f"There is no {what} '{name}'{hint}", available=sorted(known))
    return known[name]


@cache
def _load_added() -> tuple[type[Adstock] | type[Saturation], ...]:
    return tuple(point.load() for point in entry_points(group=GROUP))
