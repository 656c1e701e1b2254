"""Which other settings of the model are worth trying, stage by stage.

Belongs here: candidates and their names. Must not: fitting, scores.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mmm_orchestration.project import ModelSpec
from mmm_orchestration.transforms.registry import list_adstocks, list_saturations

Setting = str | int | float
DECLARED = "as declared"
_TRENDS: tuple[Mapping[str, Setting], ...] = (
    {"trend": "none"},
    {"trend": "linear"},
    {"trend": "piecewise", "knots_per_year": 1.0},
    {"trend": "piecewise", "knots_per_year": 2.0},
    {"trend": "piecewise", "knots_per_year": 4.0},
)
_YEARLY_ORDERS = (0, 1, 2, 3, 5)


@dataclass(frozen=True)
class Candidate:
    """Settings of `model` in mmm.yaml that differ from those declared."""

    changes: Mapping[str, Setting]

    @property
    def name(self) -> str:
        """The settings in words."""
        return ", ".join(f"{k} {v}" for k, v in self.changes.items()) or DECLARED

    @property
    def key(self) -> str:
        """The settings as text that is the same for the same settings."""
        return json.dumps(dict(sorted(self.changes.items())))

    def write_yaml(self) -> str:
        """The lines of mmm.yaml that set it."""
        return "\n".join(["model:", *(f"  {k}: {v}" for k, v in self.changes.items())])


def list_trends(spec: ModelSpec, base: Candidate) -> Iterator[Candidate]:
    """The base with every other trend."""
    return (change(base, spec=spec, **trend) for trend in _TRENDS)


def list_seasons(spec: ModelSpec, base: Candidate) -> Iterator[Candidate]:
    """The base with every other yearly season."""
    return (change(base, spec=spec, yearly_order=order) for order in _YEARLY_ORDERS)


def list_families(spec: ModelSpec, base: Candidate) -> Iterator[Candidate]:
    """The base with every pair of carry-over and saturation, those nearest to it first.

    A family that is another by its other name is left out.
    """
    adstocks, saturations = list(list_adstocks()), _list_distinct_saturations()
    now = {**spec.model_dump(include={"adstock", "saturation"}), **base.changes}
    pairs = [(a, s) for a in adstocks for s in saturations]
    pairs.sort(key=lambda p: (p[0] != now["adstock"]) + (p[1] != now["saturation"]))
    return (change(base, spec=spec, adstock=a, saturation=s) for a, s in pairs)


def list_orders(spec: ModelSpec, base: Candidate) -> Iterator[Candidate]:
    """The base with saturation before carry-over, and after it."""
    orders = ("adstock_first", "saturation_first")
    return (change(base, spec=spec, order=order) for order in orders)


Stage = Callable[[ModelSpec, Candidate], Iterator[Candidate]]
STAGES: Mapping[str, Stage] = {
    "trend": list_trends,
    "season": list_seasons,
    "carry-over and saturation": list_families,
    "order": list_orders,
}


def change(base: Candidate, *, spec: ModelSpec, **settings: Setting) -> Candidate:
    """The base with these settings; those that are as declared are no change."""
    declared = spec.model_dump(exclude={"sampler", "default_prior"})
    merged = {**base.changes, **settings}
    if merged.get("trend", declared["trend"]) != "piecewise":
        merged.pop("knots_per_year", None)
    return Candidate({k: v for k, v in sorted(merged.items()) if v != declared[k]})


def _list_distinct_saturations() -> list[str]:
    found: dict[object, str] = {}
    for name, family in list_saturations().items():
        found.setdefault(type(family).respond, name)
    return list(found.values())
