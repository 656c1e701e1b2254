"""The champion updated by the days since its fit, without a fit: computed, kept and told.

Belongs here: the file of an update. Must not: the registry's versions, for an update is none.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration.home import Home
from mmm_orchestration.insight.results import Interval, RoiResults
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.publishing import summarise_fit, summarise_kept
from mmm_orchestration.reporting.noise import scale_noise
from mmm_orchestration.watching import Champion, write_json

if TYPE_CHECKING:
    from mmm_orchestration.monitoring.update import Update


@dataclass(frozen=True, eq=False)
class UpdateReport:
    """An update under its name `<version>+<day>`, and what it says beside the fit.

    `after` is None where the update was refused.
    """

    name: str
    update: "Update"
    before: RoiResults
    after: RoiResults | None

    @property
    def sentence(self) -> str:
        """What it is, in words."""
        u, version = self.update, self.before.provenance.model_version
        if not u.n_points:
            return f"There is no new period since version {version}, so there is nothing to update."
        if u.reasons:
            return (
                f"{version} cannot be updated to {u.through}. {' '.join(u.reasons)} A refit is due."
            )
        return (
            f"An update of version {version} by {u.n_points} observations to {u.through}, not a "
            f"refit: Pareto k {u.pareto_k:.2f}, {u.ess:.0f} effective draws."
        )

    def to_frame(self) -> pl.DataFrame:
        """One row per channel: ROI and contribution of the fit and of the update.

        `roi_seed_noise` and `contribution_seed_noise` are one standard deviation over seeds of the
        fit's numbers, null where it is not known; an update weighs the same draws.
        """
        noise = scale_noise(self.before)
        after = {c.channel: c for c in self.after.channels} if self.after else {}
        return pl.DataFrame(
            [
                {
                    "channel": c.channel,
                    **_spread("roi", c.roi),
                    "roi_seed_noise": noise.get(c.channel, {}).get("roi"),
                    **_spread("contribution", c.contribution),
                    "contribution_seed_noise": noise.get(c.channel, {}).get("contribution"),
                    **_spread("updated_roi", new.roi if new else None),
                    **_spread("updated_contribution", new.contribution if new else None),
                }
                for c in self.before.channels
                for new in [after.get(c.channel)]
            ],
            infer_schema_length=None,
        )

    def to_document(self) -> dict[str, object]:
        """All of it for JSON."""
        u = self.update
        return {
            "kind": "update",
            "name": self.name,
            "updated_version": self.before.provenance.model_version,
            "through": str(u.through),
            "n_points": u.n_points,
            "pareto_k": u.pareto_k if math.isfinite(u.pareto_k) else None,
            "ess": u.ess,
            "is_accepted": u.is_accepted,
            "says": self.sentence,
            "channels": self.to_frame().to_dicts(),
        }


def update_champion(lake: Lake, *, home: Home, champion: Champion) -> UpdateReport:
    """The update of the champion by all accepted days after its own."""
    from mmm_orchestration.monitoring.update import update_posterior

    update = update_posterior(
        champion.posterior, newer=champion.read_newer(lake), settings=home.one.monitoring
    )
    record = champion.record
    name = f"{record.version}+{update.through}"
    return UpdateReport(
        name=name,
        update=update,
        before=summarise_kept(home, posterior=champion.posterior, record=record),
        after=summarise_fit(update.posterior, record=record, name=name)
        if update.posterior
        else None,
    )


def keep_update(report: UpdateReport, *, home: Home) -> Path:
    """Where the update was written, `<version>+<day>.json`."""
    return write_json(report.to_document(), path=home.updates / f"{report.name}.json")


def _spread(name: str, interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: interval.median, f"{name}_low": interval.low, f"{name}_high": interval.high}
