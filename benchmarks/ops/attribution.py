"""Whether the refresh report attributes movement to its true cause, and knows its seed noise.

`python -m benchmarks.ops.attribution` prints a table. In each world only one thing changed between
champion and challenger, or all three at once; the code is said to be another each time, so that
every step that could move something is fitted again. Beside it stands how far ROI really scatters
over seeds, in units of the noise that the report prints.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import click
import numpy as np
import polars as pl

from benchmarks.ops.figure import Figure
from benchmarks.truth.worlds import draw_world
from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project, Promotion
from mmm_orchestration.promotion.gates import evaluate_stability
from mmm_orchestration.refresh.changes import cut_to, find_last_day, set_seed
from mmm_orchestration.refresh.numbers import measure_numbers
from mmm_orchestration.refresh.results import Cause, Quantity, RefreshReport
from mmm_orchestration.refresh.walk import Kept, explain

NEW_WEEKS = 4
TARGET = 0.8
ROUNDING = 1e-9
STORIES: Mapping[str, Cause | None] = {
    "only new days": "new_days",
    "one channel restated": "restated",
    "only another seed": "seed",
    "all at once": None,
}
QUANTITIES: tuple[Quantity, ...] = ("roi", "contribution", "split")


@dataclass(frozen=True)
class Story:
    """One report, and which cause is the true one; None where several are."""

    name: str
    cause: Cause | None
    report: RefreshReport

    def score(self, quantity: Quantity) -> float | None:
        """The part of the movement that its cause is given, None where nothing moved."""
        parts = self.report.attribute(quantity)
        if self.cause is None or not sum(parts.values()):
            return None
        return parts[self.cause]

    @property
    def error(self) -> float:
        """The most by which the parts of a number miss its whole movement."""
        return max(abs(sum(m.parts.values()) - m.moved) for m in self.report.movements)


def refit(data: ModelData, project: Project) -> Posterior:
    """One fit with the default sampler."""
    return fit(data, project=project)


def refuse(_: Project) -> ModelData:
    """Nothing: settings do not change here."""
    raise ModelError("Gold was read again")


def tell_stories(seed: int) -> Iterator[Story]:
    """The stories of one world."""
    world = draw_world(seed)
    project, whole = world.project, world.data
    known = cut_to(whole, through=find_last_day(whole) - timedelta(weeks=NEW_WEEKS))
    champion = Kept("champion", refit(known, project), "code")
    own, other = project.model.sampler.seed, seed + 1
    for name, data, with_seed in (
        ("only new days", whole, own),
        ("one channel restated", restate(known), own),
        ("only another seed", known, other),
        ("all at once", restate(whole), other),
    ):
        challenger = Kept("challenger", refit(data, set_seed(project, with_seed)), "other code")
        report = explain(champion, challenger, fit=refit, reread=refuse)
        yield Story(name, STORIES[name], report)


def restate(data: ModelData) -> ModelData:
    """The data after half a year of the first channel was restated by a fifth upwards."""
    spend = data.spend.copy()
    spend[26:52, :, 0] *= 1.2
    exposure = data.exposure.copy()
    exposure[26:52, :, 0] *= 1.2
    return replace(data, spend=spend, exposure=exposure)


def scatter(seed: int, *, n_fits: int, printed: RefreshReport) -> float:
    """Real standard deviation of ROI over `n_fits` seeds over the printed noise, all channels.

    The root of the mean ratio of variances.
    """
    world = draw_world(seed)
    known = cut_to(world.data, through=find_last_day(world.data) - timedelta(weeks=NEW_WEEKS))
    fits = [measure_numbers(refit(known, set_seed(world.project, 1000 + k))) for k in range(n_fits)]
    ratios = [
        np.var([numbers[each.channel].roi or np.nan for numbers in fits], ddof=1) / each.roi**2
        for each in printed.noise
        if each.roi
    ]
    return float(np.sqrt(np.mean(ratios)))


def build_table(stories: list[Story]) -> pl.DataFrame:
    """One row per story: the least part that its cause was given in any world, and the gate."""
    rows = []
    for name, cause in STORIES.items():
        own = [story for story in stories if story.name == name]
        gates = [
            evaluate_stability(s.report, champion=s.report.champion, limits=Promotion())
            for s in own
        ]
        scores = {
            q: [s for s in (story.score(q) for story in own) if s is not None] for q in QUANTITIES
        }
        rows.append(
            {
                "story": name,
                "true cause": cause or "three",
                **{f"least part, {q}": min(s) if s else None for q, s in scores.items()},
                "parts miss the whole by": max(story.error for story in own),
                "refits": max(story.report.n_refits for story in own),
                "gate passed": f"{sum(g.outcome == 'passed' for g in gates)} of {len(own)}",
            }
        )
    return pl.DataFrame(rows)


def list_scores(stories: Iterable[Story]) -> list[float]:
    """The part that the true cause was given, of each story of one cause and each quantity."""
    return [s for story in stories for q in QUANTITIES if (s := story.score(q)) is not None]


def judge(stories: list[Story]) -> Figure:
    """The row; a story of one cause in which nothing moved shows nothing."""
    scores, error = list_scores(stories), max((story.error for story in stories), default=0.0)
    known = [story for story in stories if story.cause is not None]
    is_told = bool(known) and all(list_scores([story]) for story in known)
    least = min(scores, default=0.0)
    return Figure(
        "Movement of a refresh with a known cause",
        f"at least {TARGET:.0%} given to that cause",
        f"at least {least:.0%} of {len(scores)} movements",
        is_told and least >= TARGET and error <= ROUNDING,
        f"{len(known)} stories of one cause each, with refits; parts miss the whole by {error:.0e}",
    )


def measure(_folder: Path, *, n_worlds: int = 3) -> tuple[Figure, ...]:
    """The least part that a true cause was given; nothing is written."""
    return (judge([story for seed in range(1, n_worlds + 1) for story in tell_stories(seed)]),)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--worlds", "n_worlds", default=3, show_default=True, help="Worlds of 4 channels.")
@click.option("--fits", "n_fits", default=8, show_default=True, help="Seeds for the real scatter.")
def main(*, n_worlds: int, n_fits: int) -> None:
    """Prints the table; exit code 1 where a cause is given less than 80 %."""
    stories: list[Story] = []
    for seed in range(1, n_worlds + 1):
        for story in tell_stories(seed):
            click.echo(f"world {seed}: {story.name}", err=True)
            stories.append(story)
    table = build_table(stories)
    with pl.Config(
        tbl_formatting="MARKDOWN",
        tbl_hide_column_data_types=True,
        tbl_cols=-1,
        tbl_hide_dataframe_shape=True,
        tbl_width_chars=240,
        float_precision=3,
    ):
        click.echo(str(table))
    ratio = scatter(1, n_fits=n_fits, printed=stories[0].report)
    click.echo(f"\nROI scatters over {n_fits} seeds {ratio:.2f} times as far as the printed noise.")
    if not judge(stories).is_ok:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
